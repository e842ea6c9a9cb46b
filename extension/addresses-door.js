// The door of the document that gathers this computer's addresses while no records are served.

import { Gathering } from './addresses.js';

new Gathering().wanted = true;
