// What is replicated: the same on both sides of the line.

const WORDS = 'came by the train from Lille stays until the end of the fair and looks after the projector'.split(' ');

/** A record of about 200 bytes, the same for the same number. */
export function record(n) {
  const pick = (salt) => WORDS[(Math.imul(n * 31 + salt, 2654435761) >>> 8) % WORDS.length];
  return {
    portal_type: 'Person',
    parent_relative_url: 'person_module',
    title: `${pick(1)} ${pick(2)} ${n}`,
    default_email_text: `person-${n}@example.org`,
    description: Array.from({ length: 12 }, (_, at) => pick(at + 3)).join(' '),
    quantity: 18 + (n % 70),
  };
}
