// A LAN of several computers: each a network of its own with a cable to one switch. Who holds a network
// ends with us, and the network with it, so nothing is left behind.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const LAUNCHER = fileURLToPath(new URL('on-host.sh', import.meta.url));
/** A router that nobody needs to be: a default route leads to it. */
const ROUTER = { 4: '10.77.0.254', 6: 'fd77::fe' };

/** Why this system cannot do what a test needs, or false: for a test's `skip`. */
export const noSwitch = impossible('network bridges', 'ip', 'link', 'add', 'probe', 'type', 'bridge');
export const noFilter = noSwitch || impossible('packet filters (nftables)', 'nft', 'add', 'table', 'inet', 'probe');

function impossible(what, ...command) {
  try {
    execFileSync('unshare', ['--net', ...command], { stdio: 'pipe' });
    return false;
  } catch (error) {
    return `no ${what} here: ${error.stderr?.toString().trim() || error.message}`;
  }
}

export class Lan {
  #switch;
  #hosts = [];

  /** A switch, and `here`, this computer, whose cable leads to it from now on. One at a time. */
  static async open() {
    const it = new Lan();
    it.#switch = await Namespace.open();
    it.#switch.ip('link add switch type bridge mcast_snooping 0');
    it.#switch.ip('link set switch up');
    const here = Namespace.ours();
    if (/^\d+: eth0@/m.test(here.ip('link show'))) here.ip('link delete eth0');
    it.here = it.#connect(here);
    return it;
  }

  /** One more computer. Like `here` it has no address yet. */
  async host() {
    return this.#connect(await Namespace.open());
  }

  /** A computer behind another one, which forwards: its cable leads there, to `leg0`, `leg1` … */
  async behind(router) {
    const host = await router.behind();
    this.#hosts.push(host);
    return host;
  }

  #connect(network) {
    const port = `port${this.#hosts.length}`;
    this.#switch.ip(`link add ${port} type veth peer name eth0 netns ${network.pid}`);
    this.#switch.ip(`link set ${port} master switch`);
    const host = new Host(network, this.#switch, port);
    this.#hosts.push(host);
    return host;
  }

  async close() {
    // Who is behind another goes before that one.
    for (const host of this.#hosts.reverse()) await host.close();
    await this.#switch.close();
  }
}

/** A network, held by a process. */
class Namespace {
  #holder;

  static ours() {
    const it = new Namespace();
    it.pid = process.pid;
    return it;
  }

  static async open() {
    const it = new Namespace();
    // It speaks when it is inside, and ends when we do: its input ends then. (accept_dad: see network.sh)
    const hold = 'echo 0 2>/dev/null >/proc/sys/net/ipv6/conf/default/accept_dad; ip link set lo up && echo here && exec cat';
    it.#holder = spawn('unshare', ['--net', 'sh', '-c', hold], { stdio: ['pipe', 'pipe', 'inherit'] });
    await Promise.race([once(it.#holder.stdout, 'data'), once(it.#holder, 'exit').then(() => Promise.reject(new Error('no network')))]);
    it.pid = it.#holder.pid;
    // A test that fails early must not wait for it.
    for (const one of [it.#holder, it.#holder.stdin, it.#holder.stdout]) one.unref();
    return it;
  }

  get file() {
    return `/proc/${this.pid}/ns/net`;
  }

  run(program, ...words) {
    return execFileSync('nsenter', [`--net=${this.file}`, program, ...words], { encoding: 'utf8' });
  }

  ip(words) {
    return this.run('ip', ...words.split(' '));
  }

  async close() {
    if (!this.#holder) return;
    this.#holder.ref();
    this.#holder.stdin.end();
    await once(this.#holder, 'exit');
  }
}

/** A computer: its network, and the port of the switch that its cable is in. */
class Host {
  #network;
  #switch;
  #port;
  #filters = 0;
  #legs = 0;

  constructor(network, switch_, port) {
    this.#network = network;
    this.#switch = switch_;
    this.#port = port;
    this.plug();
  }

  /**
   * Has these addresses and no others from now on: `10.77.0.2`, `fd77::2`. Without `routed` no default
   * route leads out, as where there is no router. With IPv6 alone there is no IPv4 address at all.
   */
  move(addresses, { routed = true } = {}) {
    const ip = (words) => this.#network.ip(words);
    ip('link set eth0 up');
    // Routes go with the addresses; the link-local ones stay.
    ip('address flush dev eth0 scope global');
    for (const address of addresses) {
      const version = address.includes(':') ? 6 : 4;
      ip(version === 6 ? `address add ${address}/64 dev eth0 nodad` : `address add ${address}/24 dev eth0`);
      if (routed) ip(`-${version} route replace default via ${ROUTER[version]} dev eth0`);
    }
  }

  /** Has its network set up by `ip`. */
  ip(words) {
    return this.#network.ip(words);
  }

  async behind() {
    const [network, leg] = [await Namespace.open(), `leg${this.#legs++}`];
    this.#network.run('sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding');
    this.#network.ip(`link add ${leg} type veth peer name eth0 netns ${network.pid}`);
    return new Host(network, this.#network, leg);
  }

  /** Pulls the cable. */
  unplug() {
    this.#switch.ip(`link set ${this.#port} down`);
  }

  plug() {
    this.#switch.ip(`link set ${this.#port} up`);
  }

  /** Drops what matches, both ways: a rule of nftables. `dropped()` counts packets, `lift()` ends it. */
  drop(match) {
    const table = `drop${(this.#filters += 1)}`;
    const nft = (...words) => this.#network.run('nft', ...words);
    nft('add', 'table', 'inet', table);
    for (const way of ['input', 'output']) {
      nft('add', 'chain', 'inet', table, way, `{ type filter hook ${way} priority 0; }`);
      nft('add', 'rule', 'inet', table, way, `${match} counter drop`);
    }
    return {
      dropped: () => [...nft('list', 'table', 'inet', table).matchAll(/packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0),
      lift: () => nft('delete', 'table', 'inet', table),
    };
  }

  /** What makes a browser's start, or another program's, happen at this computer. */
  launch(program) {
    return { executablePath: LAUNCHER, environment: { HOST_NETWORK: this.#network.file, HOST_PROGRAM: program } };
  }

  /** Takes the cable away, and the computer unless it is this one. */
  async close() {
    this.#switch.ip(`link delete ${this.#port}`);
    await this.#network.close();
  }
}
