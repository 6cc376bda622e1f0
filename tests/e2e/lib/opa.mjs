// A policy server that speaks OPA's Data API, version 1, as https://www.openpolicyagent.org/docs/rest-api describes it: POST
// /v1/data/PATH with {input} is answered {result, decision_id}, without a result where the document is undefined; 400 with code
// and message for a body that is no JSON, 405 for another method. `documents` are functions of the input, by path.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';

export async function opa(documents) {
  const server = createServer(async (request, response) => {
    const send = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    let text = '';
    for await (const piece of request) text += piece;
    const prepared = self.answers.shift();
    const { pathname } = new URL(request.url, 'http://opa');
    self.asked.push({ path: pathname, authorization: request.headers.authorization, body: text });
    if (prepared) return prepared(response, send);
    if (!pathname.startsWith('/v1/data')) return send(404, { code: 'resource_not_found', message: 'not found' });
    if (request.method !== 'POST') return send(405, { code: 'method_not_allowed', message: 'only POST here' });
    let input;
    try {
      ({ input } = JSON.parse(text));
    } catch (error) {
      return send(400, { code: 'invalid_parameter', message: `error(s) occurred while decoding request: ${error.message}` });
    }
    const result = self.documents[pathname.slice('/v1/data/'.length)]?.(input);
    send(200, { decision_id: randomUUID(), ...(result !== undefined && { result }) });
  });
  const self = {
    documents,
    asked: [],
    answers: [], // of further requests, before documents are looked at: (response, send) => …
    listen: (port = 0) => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve)),
    port: () => server.address().port,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
  await self.listen();
  return self;
}
