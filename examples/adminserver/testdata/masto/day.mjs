// A moderator's day with masto.js as it is published: every method that it has for
// email domain blocks, against the server at the first argument. The second is an API
// token that may read and write, the third one that may only read.
import assert from "node:assert/strict";
import { createRestAPIClient, MastoHttpError } from "masto";

const [url, accessToken, readOnly] = process.argv.slice(2);
const blocksAs = (token) => createRestAPIClient({ url, accessToken: token }).v1.admin.emailDomainBlocks;
const blocks = blocksAs(accessToken);

async function refused(promise, status, message) {
  await assert.rejects(Promise.resolve(promise), (error) => {
    assert(error instanceof MastoHttpError, String(error));
    assert.equal(error.statusCode, status);
    assert.equal(error.message, message);
    return true;
  });
}

function isBlock(block, domain) {
  assert.match(block.id, /^\d+$/);
  assert.equal(block.domain, domain);
  assert.match(block.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(block.history.length, 7);
  block.history.forEach(({ day, accounts, uses }, i) => {
    for (const text of [day, accounts, uses]) assert.match(text, /^\d+$/);
    if (i > 0) assert.equal(Number(day), Number(block.history[i - 1].day) - 86400);
  });
}

const domains = (page) => page.map((block) => block.domain);

// An empty list.
assert.deepEqual(await blocks.list(), []);

// Create.
const made = [];
for (const domain of ["a.example", "b.example", "c.example", "d.example", "Bücher.example"]) {
  made.push(await blocks.create({ domain }));
}
isBlock(made[0], "a.example");
isBlock(made[4], "xn--bcher-kva.example");

// Fetch.
isBlock(await blocks.$select(made[1].id).fetch(), "b.example");

// List, in one page and in several, there and back.
assert.deepEqual(domains(await blocks.list()), made.map((block) => block.domain).reverse());
const pages = [];
for await (const page of blocks.list({ limit: 2 })) pages.push(domains(page));
assert.deepEqual(pages, [["xn--bcher-kva.example", "d.example"], ["c.example", "b.example"], ["a.example"]]);
const all = [];
for await (const page of blocks.list({ limit: 2 }).values()) all.push(...page.map((block) => block.id));
assert.deepEqual(all, made.map((block) => block.id).reverse());
// The way back: from the oldest block to those before it, a page at a time.
const up = [];
for await (const page of blocks.list({ limit: 2, minId: made[0].id }).setDirection("prev")) up.push(domains(page));
assert.deepEqual(up, [["c.example", "b.example"], ["xn--bcher-kva.example", "d.example"], []]);

// Remove.
await blocks.$select(made[0].id).remove();
await refused(blocks.$select(made[0].id).fetch(), 404, "Record not found");
await refused(blocks.$select(made[0].id).remove(), 404, "Record not found");
assert.equal((await blocks.list()).length, 4);

// What the server refuses.
await refused(blocks.create({ domain: "b.example" }), 422, "Validation failed: Domain has already been taken");
await refused(blocks.create({ domain: "" }), 422, "Validation failed: Domain can't be blank");
await refused(blocks.create({ domain: "no domain" }), 422, "Validation failed: Domain is invalid, Domain is not a valid domain name");
await refused(blocks.$select("0x1").fetch(), 404, "Record not found");
await refused(blocksAs("nobody's").list(), 403, "This action is not allowed");
await refused(blocksAs(readOnly).create({ domain: "e.example" }), 403, "This action is outside the authorized scopes");
assert.equal((await blocksAs(readOnly).list()).length, 4);

console.log("the day is over");
