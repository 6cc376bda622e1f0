#!/usr/bin/env node
// The refund desk as an MCP server.
//
//   DESK_API_KEY=… node server.mjs [--port N] [--log FILE]     Streamable HTTP on 127.0.0.1, behind the key
//   node server.mjs --stdio [--log FILE]                       a child process of the one who uses it
//
// Port 0, the default, takes a free one; the line {"event":"listening","url":…} says which.
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { openDesk } from './desk.mjs';
import { listen } from './http.mjs';
import { deskServer } from './tools.mjs';

const { values: flags } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    stdio: { type: 'boolean', default: false },
    log: { type: 'string' },
  },
});

const desk = openDesk();
const record = (tool, args, outcome) => {
  if (!flags.log) return;
  const line = { time: new Date().toISOString(), tool, arguments: args, ...outcome };
  appendFileSync(flags.log, JSON.stringify(line) + '\n');
};

if (flags.stdio) {
  await deskServer(desk, record).connect(new StdioServerTransport());
} else {
  const key = process.env.DESK_API_KEY;
  if (!key) {
    console.error('DESK_API_KEY is not set: say which key callers must bring, or use --stdio');
    process.exit(2);
  }
  const url = await listen(() => deskServer(desk, record), { port: Number(flags.port), key });
  console.log(JSON.stringify({ event: 'listening', url }));
}
