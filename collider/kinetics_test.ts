import assert from "node:assert/strict";
import { conversationHash, DEFAULT_CONVERSATION } from "./conversation_hash.ts";
import { Kinetics } from "./kinetics.ts";

const SECOND_US = 1_000_000;
const START_US = 1_700_000_000_000_000;

Deno.test("The first event of a conversation has delta_time 0 and velocity 1", () => {
  const { deltaTime, velocity, interrupt } = new Kinetics().arrive("a", START_US);
  assert.deepEqual({ deltaTime, velocity, interrupt }, { deltaTime: 0, velocity: 1, interrupt: 0 });
});

Deno.test("delta_time is the natural log of the seconds since the conversation's last event", () => {
  const kinetics = new Kinetics();
  kinetics.arrive("a", START_US);
  kinetics.arrive("b", START_US + 3 * SECOND_US);
  assert.equal(kinetics.arrive("a", START_US + 5 * SECOND_US).deltaTime, Math.log(5));
  assert.equal(kinetics.arrive("b", START_US + 3.5 * SECOND_US).deltaTime, Math.log(0.5));
});

Deno.test("A clock that stands still or steps back gives the delta_time of a microsecond", () => {
  const kinetics = new Kinetics();
  kinetics.arrive("a", START_US);
  assert.equal(kinetics.arrive("a", START_US).deltaTime, Math.log(1e-6));
  assert.equal(kinetics.arrive("a", START_US - 60 * SECOND_US).deltaTime, Math.log(1e-6));
  assert.equal(kinetics.arrive("a", START_US + SECOND_US).deltaTime, 0);
});

Deno.test("velocity counts the conversation's events of the last minute", () => {
  const kinetics = new Kinetics();
  const velocities = [0, 10, 30, 59, 61, 200].map((seconds) => {
    kinetics.arrive("other", START_US + seconds * SECOND_US);
    return kinetics.arrive("a", START_US + seconds * SECOND_US).velocity;
  });
  assert.deepEqual(velocities, [1, 2, 3, 4, 4, 1]);
});

Deno.test("An event interrupts while one of its conversation is not published", () => {
  const kinetics = new Kinetics();
  const first = kinetics.arrive("a", START_US);
  const second = kinetics.arrive("a", START_US + 10);
  assert.equal(second.interrupt, 1);
  assert.equal(kinetics.arrive("b", START_US + 10).interrupt, 0);

  kinetics.publish(first, START_US + 20);
  const third = kinetics.arrive("a", START_US + 30);
  assert.equal(third.interrupt, 1);
  kinetics.publish(second, START_US + 40);
  kinetics.publish(third, START_US + 40);
  assert.equal(kinetics.arrive("a", START_US + 50).interrupt, 0);
});

Deno.test("An event interrupts if it came before a publication that it is told after", () => {
  const kinetics = new Kinetics();
  kinetics.publish(kinetics.arrive("a", START_US), START_US + 100);
  const early = kinetics.arrive("a", START_US + 50);
  assert.equal(early.interrupt, 1);
  kinetics.publish(early, START_US + 100);
  assert.equal(kinetics.arrive("a", START_US + 100).interrupt, 0);
});

Deno.test("Events in no conversation are in default_channel", () => {
  const kinetics = new Kinetics();
  const { conversationHash: hash } = kinetics.arrive(null, START_US);
  assert.deepEqual(hash, conversationHash(DEFAULT_CONVERSATION));
  assert.equal(kinetics.arrive(DEFAULT_CONVERSATION, START_US + 1).velocity, 2);
});

Deno.test("Kinetics remembers the most recently active conversations and forgets the oldest", () => {
  const kinetics = new Kinetics({ maxConversations: 100 });
  const names = Array.from({ length: 101 }, (_, i) => `conversation ${i}`);
  for (const name of names) kinetics.arrive(name, START_US);
  for (const name of names.slice(-100)) assert.equal(kinetics.arrive(name, START_US).velocity, 2);
  assert.equal(kinetics.arrive(names[0]!, START_US).velocity, 1);
});

Deno.test("Kinetics keeps a conversation that goes on, whatever else comes", () => {
  const kinetics = new Kinetics({ maxConversations: 4 });
  for (let i = 0; i < 50; i++) {
    assert.equal(kinetics.arrive("a", START_US).velocity, i + 1);
    kinetics.arrive(`passing ${i}`, START_US);
  }
});

Deno.test("An event whose conversation was forgotten meanwhile can still be published", () => {
  const kinetics = new Kinetics({ maxConversations: 2 });
  const arrival = kinetics.arrive("a", START_US);
  for (let i = 0; i < 10; i++) kinetics.arrive(`passing ${i}`, START_US);
  const anew = kinetics.arrive("a", START_US + 10);
  kinetics.publish(arrival, START_US + 20);
  assert.equal(anew.interrupt, 0);
  assert.equal(kinetics.arrive("a", START_US + 30).interrupt, 1);
});
