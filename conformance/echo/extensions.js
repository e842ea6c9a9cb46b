// In the place of the file that tells the app its extension: the echo is what it finds.

import { Echo } from './echo.js';

const PORT = 39999;

export const VERSION = 'conformance';
export const EXTENSIONS = ['echo'];

globalThis.chrome = { runtime: { connect: () => new Echo(PORT) } };
