// Agents reduced to what goes over the wire: stateless requests of MCP 2026-07-28 on connections that stay open. Nothing is
// retried, so whatever is counted was sent once.
import http from 'node:http';

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'agents', version: '1.0.0' },
};

/** The text of a tools/call whose arguments are the JSON text `args`. */
export const callText = (tool, args, id = 1) =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":${JSON.stringify(tool)},"arguments":${args},"_meta":${JSON.stringify(envelope)}}}`;

export const fieldsOf = (token, method, name) => ({
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method,
  ...(name && { 'mcp-name': name }),
  authorization: `Bearer ${token}`,
});

/** Agents with one token and up to so many connections to `url`. */
export function agents(url, token, { connections = 32 } = {}) {
  const pool = new http.Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port, pathname } = new URL(url);

  /** { lost } when no answer came; else { status, text, headers }. `started` is called when the request is written. */
  const post = (body, headers) =>
    new Promise((resolve) => {
      const fields = { ...headers, 'content-length': Buffer.byteLength(body) };
      const request = http.request({ agent: pool, hostname, port, path: pathname, method: 'POST', headers: fields });
      const lost = (error) => resolve({ lost: error?.message ?? 'the answer broke off' });
      request.on('error', lost);
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => (text += piece));
        response.on('error', lost);
        response.on('close', () => {
          if (response.complete) resolve({ status: response.statusCode, headers: response.headers, text });
          else lost();
        });
      });
      request.end(body);
    });

  /** A tool call in one run, understood: see `understand`. */
  const call = async (tool, args, { run } = {}) => {
    const fields = { ...fieldsOf(token, 'tools/call', tool), ...(run && { 'bailiwick-run': run }) };
    return understand(await post(callText(tool, JSON.stringify(args)), fields));
  };

  const list = async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: envelope } });
    return understand(await post(body, fieldsOf(token, 'tools/list')));
  };

  return { call, list, post, close: () => pool.destroy() };
}

/** An answer with its parts: result, error, receipt, decision, approval; `done` when the action was carried out. */
export function understand(answer) {
  if (answer.lost) return answer;
  const message = JSON.parse(/^data: (\{.*)$/m.exec(answer.text)?.[1] ?? answer.text);
  const meta = message.result?._meta ?? message.error?.data ?? {};
  const [receipt, decision, approval] = ['receipt', 'decision', 'approval'].map((name) => meta[`dev.bailiwick/${name}`]);
  const done = message.result !== undefined && !message.result.isError;
  return { ...answer, result: message.result, error: message.error, receipt, decision, approval, done };
}
