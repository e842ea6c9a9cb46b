// What lives in a page, through a debugger's session with it.

/** Counts something about all living objects of a class, in the page; garbage is collected first. */
export async function living(session, name, count) {
  const { result } = await session.send('Runtime.evaluate', { expression: `${name}.prototype` });
  const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: result.objectId });
  const call = { objectId: objects.objectId, functionDeclaration: `function () { return (${count})(this); }`, returnByValue: true };
  const counted = await session.send('Runtime.callFunctionOn', call);
  // The list holds all that is in it: who counts again would find what has been counted once.
  await session.send('Runtime.releaseObject', { objectId: objects.objectId });
  return counted.result.value;
}

/** Bytes of a page's WASM: they never become fewer. */
export function wasmBytes(session) {
  return living(session, 'WebAssembly.Memory', (all) => all.reduce((sum, { buffer }) => sum + buffer.byteLength, 0));
}
