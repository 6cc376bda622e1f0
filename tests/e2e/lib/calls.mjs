import { existsSync, readFileSync } from 'node:fs';

/** What reached an upstream, from its own log: the events of a tool, oldest first. */
export function callsOf(log, tool, event = 'call') {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).filter((call) => call.tool === tool && call.event === event);
}
