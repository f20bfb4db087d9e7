import assert from "node:assert/strict";
import { readCnpj, readCpf } from "./brazilian_numbers.ts";

Deno.test("readCpf takes a number only with the right check digits", () => {
  assert.equal(readCpf("529.982.247-25"), "52998224725");
  assert.equal(readCpf("CPF nº 52998224725"), "52998224725");
  assert.equal(readCpf("529.982.247-24"), null);
  assert.equal(readCpf("111.111.111-11"), null);
  assert.equal(readCpf("529.982.247-251"), null);
  assert.equal(readCpf(""), null);
});

Deno.test("readCnpj takes digits, and letters as they are given since 2026", () => {
  assert.equal(readCnpj("11.222.333/0001-81"), "11222333000181");
  assert.equal(readCnpj("CNPJ: 11222333000181"), "11222333000181");
  assert.equal(readCnpj("12.ABC.345/01DE-35"), "12ABC34501DE35");
  assert.equal(readCnpj("12.abc.345/01de-35"), "12ABC34501DE35");
  assert.equal(readCnpj("11.222.333/0001-80"), null);
  assert.equal(readCnpj("12.ABC.345/01DE-53"), null);
  assert.equal(readCnpj("00.000.000/0000-00"), null);
});
