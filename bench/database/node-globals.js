// What jIO's npm build asks of Node while it is loaded; no storage that is measured uses any of it.

globalThis.global = globalThis;
globalThis.module = {};
globalThis.process = { versions: {} };
globalThis.require = () => ({ type: () => '', arch: () => '' });
