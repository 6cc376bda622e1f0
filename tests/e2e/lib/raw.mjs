// HTTP as bytes: for what no client would send.
import net from 'node:net';

/**
 * Sends `bytes` to the host of `url` and answers all that comes back until the other side closes. With `end` our side is
 * closed after the last byte.
 */
export function exchange(url, bytes, { end = true, seconds = 30 } = {}) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: hostname, port, allowHalfOpen: true });
    const pieces = [];
    socket.setTimeout(seconds * 1000, () => socket.destroy(new Error(`silent for ${seconds} s after ${pieces.length} pieces`)));
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('end', () => socket.end());
    socket.on('error', (error) => (error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error)));
    socket.on('close', () => resolve(Buffer.concat(pieces).toString('latin1')));
    if (end) socket.end(bytes);
    else socket.write(bytes);
  });
}

/** A connection that is left open: resolves when `bytes` are written. */
export function opened(url, bytes) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: hostname, port }, () => socket.write(bytes, () => resolve(socket)));
    socket.pause();
    socket.on('error', reject);
  });
}

/** A request as text: a first line, fields, and a body whose length is told unless `fields` say something of it. */
export function requestText(line, fields, body = '') {
  const told = Object.keys(fields).some((name) => /^(content-length|transfer-encoding)$/i.test(name));
  const all = told || body === '' ? fields : { ...fields, 'Content-Length': Buffer.byteLength(body) };
  const lines = Object.entries(all).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
  return `${line}\r\n${lines.join('')}\r\n${body}`;
}

/** The status of each answer in what came back. */
export const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d\d\d) /g)].map(([, status]) => Number(status));
