// Forms as they are received (RFC 7578): `{ fields: { name: [text…] }, file: { name, type, content } }`.

export function readForm(request, body) {
  const boundary = /boundary=([^;]+)/.exec(request.headers['content-type'] ?? '')?.[1];
  const read = { fields: {} };
  if (!boundary) return read;
  const [, ...parts] = body.toString('latin1').split(`--${boundary}`);
  for (const part of parts.slice(0, -1)) {
    const cut = part.indexOf('\r\n\r\n');
    const head = Buffer.from(part.slice(2, cut), 'latin1').toString();
    const content = Buffer.from(part.slice(cut + 4, -2), 'latin1');
    const name = /name="([^"]*)"/.exec(head)?.[1];
    const file = /filename="([^"]*)"/.exec(head)?.[1];
    if (file === undefined) (read.fields[name] ??= []).push(content.toString());
    else read.file = { name: file, type: /content-type: (.*)/i.exec(head)?.[1] ?? '', content };
  }
  return read;
}
