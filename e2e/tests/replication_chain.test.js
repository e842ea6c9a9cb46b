// The whole way: a slave at another computer, the master, a server behind a costly line, and back; each line cut in turn,
// and both at once. What the slave was told is safe is on all three once.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CouchDb } from '../couchdb/server.js';
import { FarCouchDb, FarErp5, compared, here, put, replicate } from '../harness/far.js';
import { Lan, noSwitch } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';
import { Browser, connect, openBroadcaster, openSite, serve } from '../harness/peer.js';
import { SATELLITE } from '../harness/shaped.js';

const HERE = '10.77.0.1';

describe('from a slave to a server and back', { skip: noSwitch, timeout: 300_000 }, () => {
  const opened = new Opened();
  let device, browser, other, site, broadcaster, couch;
  before(async () => {
    const lan = await opened.add(Lan.open());
    lan.here.move([HERE]);
    device = await lan.host();
    device.move(['10.77.0.2']);
    const opening = [Browser.open(), Browser.open({ host: device }), openSite({ address: HERE }), openBroadcaster(), CouchDb.start()];
    [browser, other, site, broadcaster, couch] = await Promise.all(opening.map((one) => opened.add(one)));
  });
  after(() => opened.close());

  for (const [kind, Kind] of Object.entries({ couchdb: FarCouchDb, erp5: FarErp5 })) {
    test(`with ${kind}`, async () => {
      const far = await opened.add(Kind.open(SATELLITE, couch));
      const own = await opened.add(openSite({ servers: [far.line.origin] }));
      const [master, slave] = await Promise.all([browser.page(own.url), other.page(site.url)]);
      await replicate(master, far);
      await master.evaluate(() => (globalThis.storage = db));
      await serve(master, broadcaster.url);
      await connect(slave, `ws://${HERE}:${broadcaster.port}/`);
      await slave.evaluate((needs) => (globalThis.needs = needs), far.needs);
      const wanted = [];

      /** Everybody writes one record; the slave's and the master's are safe when this resolves. */
      async function write(name, { is_reached = true } = {}) {
        const pairs = ['slave', 'master', 'server'].map((who) => [`${who}, ${name}`, `by the ${who}`]);
        wanted.push(...pairs);
        if (is_reached) await put(slave, [pairs[0]]);
        else await slave.evaluate(start, pairs[0]);
        await Promise.all([put(master, [pairs[1]]), far.create(...pairs[2])]);
      }
      /** All three have all, as soon as both sides were compared. */
      async function complete() {
        await compared(master);
        const sorted = [...wanted].sort();
        assert.deepEqual(await far.pairs(), sorted, 'at the server');
        assert.deepEqual(await here(master), sorted, 'at the master');
        assert.deepEqual(await here(slave), sorted, 'from the slave');
      }

      await write('all lines there');
      await complete();

      far.line.cut();
      await write('no line to the server');
      far.line.mend();
      await complete();

      device.unplug();
      await slave.evaluate(() => until(db, 'state', ({ state }) => state === 'reconnecting'));
      await write('no line to the master', { is_reached: false });
      await compared(master);
      far.line.cut();
      await Promise.all([put(master, [['master, no line', 'x']]), far.create('server, no line', 'y')]);
      wanted.push(['master, no line', 'x'], ['server, no line', 'y']);
      device.plug();
      await slave.evaluate(finish);
      far.line.mend();
      await complete();
      if (kind === 'couchdb') await carries({ slave, master, far, site: own });
      await Promise.all([slave.close(), master.close()]);
    });
  }

  /** What a slave attaches is at the server and at another master; what is attached there comes to the slave. */
  async function carries({ slave, master, far, site }) {
    await slave.evaluate((id) => db.putAttachment(id, 'photo', new Blob(['by the slave'])), 'slave, all lines there');
    await compared(master);
    const { colleague } = far;
    assert.equal(String(await colleague.attachment('slave, all lines there', 'photo')), 'by the slave');
    await colleague.attach('master, all lines there', 'plan', Buffer.from('by the server'));
    await compared(master);
    const read = (page, id, name) => page.evaluate((id, name) => db.getAttachment(id, name, { format: 'text' }), id, name);
    assert.equal(await read(slave, 'master, all lines there', 'plan'), 'by the server');
    const another = await browser.page(site.url);
    await replicate(another, far, { database: 'another' });
    await compared(another);
    assert.equal(await read(another, 'slave, all lines there', 'photo'), 'by the slave');
    assert.equal(await read(another, 'master, all lines there', 'plan'), 'by the server');
    await another.close();
  }
});

/** In the slave's page: a write while it is not connected. */
function start([title, description]) {
  globalThis.written = () => db.put(title, { ...needs, title, description });
  globalThis.writing = written().catch(() => undefined);
}

/** In the slave's page: safe, and be it by saying the same once more when the master is back. */
async function finish() {
  await until(db, 'state', ({ state }) => state === 'connected');
  return (await writing) ?? written();
}
