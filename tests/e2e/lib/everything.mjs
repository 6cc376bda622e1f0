// What every client does with the fixture, wherever it stands, and what it must see.
import assert from 'node:assert/strict';

export const everything = {
  tool: 'add',
  args: { a: 1, b: 2 },
  resource: 'test://static-text',
  prompt: 'test_prompt_with_arguments',
  promptArgs: { arg1: 'x', arg2: 'y' },
};

export function assertSawEverything(result) {
  assert.equal(result.tools.length, new Set(result.tools).size);
  assert.ok(result.tools.length > 30, `only ${result.tools.length} tools`);
  assert.deepEqual(result.call.structuredContent, { sum: 3 });
  assert.ok(result.resources.includes('test://static-text'));
  assert.equal(result.resource.contents[0].text, 'The static text.');
  assert.ok(result.prompts.includes('test_simple_prompt'));
  assert.equal(result.prompt.messages[0].content.text, "arg1='x', arg2='y'");
}

export const speaks = {
  'sdk-v1': '2025-11-25',
  'sdk-v2': '2025-11-25',
  'sdk-v2-auto': '2026-07-28',
  'ai-sdk': '2026-07-28',
};
