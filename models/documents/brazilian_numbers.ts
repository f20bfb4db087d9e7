const CPF = /(?<!\d)\d{3}[. ]?\d{3}[. ]?\d{3}[- ]?\d{2}(?!\d)/;
const CNPJ =
  /(?<![\dA-Z])[\dA-Z]{2}[. ]?[\dA-Z]{3}[. ]?[\dA-Z]{3}[/ ]?[\dA-Z]{4}[- ]?\d{2}(?![\dA-Z])/;

const CPF_WEIGHTS = [[10, 9, 8, 7, 6, 5, 4, 3, 2], [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]];
const CNPJ_WEIGHTS = [
  [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2],
  [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2],
];

/** The eleven digits of a person's tax number, if its check digits are right. */
export function readCpf(text: string): string | null {
  return readChecked(text, CPF, CPF_WEIGHTS);
}

/**
 * The fourteen digits of a company's tax number, if its check digits are right. Since July 2026 the
 * first twelve may be letters too.
 *
 * @see Instrução Normativa RFB nº 2.229/2024, for the letters' values
 */
export function readCnpj(text: string): string | null {
  return readChecked(text.toUpperCase(), CNPJ, CNPJ_WEIGHTS);
}

function readChecked(
  text: string,
  pattern: RegExp,
  weights: readonly (readonly number[])[],
): string | null {
  const characters = pattern.exec(text)?.[0].replace(/[^\dA-Z]/g, "");
  // The checks of 000… to 999… come out right, but nobody is given those.
  if (characters === undefined || /^(.)\1*$/.test(characters)) return null;
  const valueOf = (i: number) => characters.charCodeAt(i) - "0".charCodeAt(0);
  const isRight = weights.every((row) => {
    const sum = row.reduce((total, weight, i) => total + weight * valueOf(i), 0);
    const check = sum % 11 < 2 ? 0 : 11 - sum % 11;
    return check === valueOf(row.length);
  });
  return isRight ? characters : null;
}
