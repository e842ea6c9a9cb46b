// Stands in for extension/guests-link.js in tests of the page alone: the test tells the session's state and sees the
// commands, through `globalThis.fakeGuests`.

const CODE = { size: 29, path: Array.from({ length: 11 }, (_, y) => `M4 ${2 * y + 4}h21v1h-21z`).join('') };

export function openGuests({ onstate }) {
  const commands = [];
  const command = async (order) => {
    commands.push(order);
    if (order.label === 'refuse') throw new Error('There are too many invitations; revoke one.');
    if (order.kind !== 'invite' && order.kind !== 'show') return { kind: 'done' };
    return { kind: 'invitation', id: order.id ?? 'EEEEEEEEEEE', link: `http://192.168.1.5:9999/#AQ${'a-_1'.repeat(18)}bc`, qr: CODE };
  };
  globalThis.fakeGuests = { commands, tell: onstate };
  return { command };
}
