#!/usr/bin/env node
// Does with one real client what an agent does with a server, and prints what came of it as one JSON object.
//
//   node clients/drive.mjs CLIENT [--url URL [--token T] | -- COMMAND ARGUMENTS…]
//        [--tool NAME [--args JSON]] [--resource URI] [--prompt NAME [--prompt-args JSON]] [--answer JSON]
//
// CLIENT: sdk-v1, sdk-v2 (2025-11-25), sdk-v2-auto (2026-07-28 where it can), ai-sdk, inspector, inspector-auto.
// --answer is what the client fills into every form the server asks it to fill (elicitation).
// A step that fails is part of the result: {"error":{"code","message"}}. Only a failed connection exits 1.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connect as aiSdk } from './ai-sdk.mjs';
import { connect as inspector } from './inspector.mjs';
import { connect as sdkV1 } from './sdk-v1.mjs';
import { connect as sdkV2 } from './sdk-v2.mjs';

export const clients = {
  'sdk-v1': sdkV1,
  'sdk-v2': sdkV2,
  'sdk-v2-auto': (endpoint, options) => sdkV2(endpoint, { ...options, era: 'auto' }),
  'ai-sdk': aiSdk,
  inspector,
  'inspector-auto': (endpoint, options) => inspector(endpoint, { ...options, era: 'auto' }),
};

/** What to do: { tool, args, resource, prompt, promptArgs, answer, sample }, each optional. */
export async function drive(name, endpoint, what = {}) {
  const answer = what.answer && (() => ({ action: 'accept', content: what.answer }));
  const said = { role: 'assistant', model: 'none', content: { type: 'text', text: what.sample } };
  const client = await clients[name](endpoint, { answer, sample: what.sample && (() => said) });
  const names = (items, key) => (items.error ? items : items.map((item) => item[key]));
  try {
    return {
      client: name,
      protocol: client.protocol,
      server: client.server,
      tools: names(await attempt(client.listTools), 'name'),
      call: what.tool && (await attempt(() => client.callTool(what.tool, what.args ?? {}))),
      resources: names(await attempt(client.listResources), 'uri'),
      resource: what.resource && (await attempt(() => client.readResource(what.resource))),
      prompts: names(await attempt(client.listPrompts), 'name'),
      prompt: what.prompt && (await attempt(() => client.getPrompt(what.prompt, what.promptArgs))),
    };
  } finally {
    await client.close();
  }
}

async function attempt(step) {
  try {
    return await step();
  } catch (error) {
    return { error: { code: error.code, message: error.message, data: error.data } };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      token: { type: 'string' },
      tool: { type: 'string' },
      args: { type: 'string' },
      resource: { type: 'string' },
      prompt: { type: 'string' },
      'prompt-args': { type: 'string' },
      answer: { type: 'string' },
    },
  });
  const [name, ...command] = positionals;
  const json = (text) => (text === undefined ? undefined : JSON.parse(text));
  const endpoint = values.url ? { url: values.url, token: values.token } : { command };
  const result = await drive(name, endpoint, {
    tool: values.tool,
    args: json(values.args),
    resource: values.resource,
    prompt: values.prompt,
    promptArgs: json(values['prompt-args']),
    answer: json(values.answer),
  });
  console.log(JSON.stringify(result, null, 2));
}
