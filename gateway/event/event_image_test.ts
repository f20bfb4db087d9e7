import assert from "node:assert/strict";
import { eventImage } from "./event_image.ts";

const BYTES = Uint8Array.from({ length: 100 }, (_, i) => i);
const BASE64 = BYTES.toBase64();

Deno.test("eventImage decodes base64, in a data URL or not", () => {
  assert.deepEqual(eventImage({ image: BASE64 }), BYTES);
  assert.deepEqual(eventImage({ image: `data:image/png;base64,${BASE64}` }), BYTES);
  assert.deepEqual(eventImage({ image: "data:application/pdf;base64,AAEC" }), BYTES.slice(0, 3));
});

Deno.test("eventImage leaves other members of that name alone", () => {
  const others = [
    undefined,
    7,
    "car.png",
    "https://example.com/a.png",
    `${BASE64}!`,
    "x".repeat(65),
  ];
  for (const image of others) {
    assert.equal(eventImage(image === undefined ? {} : { image }), null, String(image));
  }
});
