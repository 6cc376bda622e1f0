// An endpoint is { url, token } or { command: [program, ...arguments], env }: where a client finds its server.

export const headersFor = ({ token, headers }) => ({ ...(token && { Authorization: `Bearer ${token}` }), ...headers });

export const processFor = ({ command: [command, ...args], env }) => ({
  command,
  args,
  env: { ...process.env, ...env }, // the SDKs hand on only a few variables unless told
  stderr: 'inherit',
});

/** Follows nextCursor to the end. */
export async function allPages(key, page) {
  const items = [];
  for (let cursor; ; ) {
    const result = await page(cursor);
    items.push(...result[key]);
    cursor = result.nextCursor;
    if (!cursor) return items;
  }
}
