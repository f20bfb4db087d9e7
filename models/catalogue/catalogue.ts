/** What a file of a model is for; also the name of the flag that gives another file instead. */
export type FileRole =
  | "embedding-model"
  | "tokenizer-model"
  | "gliner-model"
  | "gliner-tokenizer"
  | "gliner-config"
  | "ocr-det-model"
  | "ocr-rec-model"
  | "ocr-dictionary"
  | "ocr-layout-model"
  | "ocr-table-model";

/** A file of a model in its repository. */
export interface CatalogueFile {
  /** In the repository, and below the folder where the model is installed. */
  readonly path: string;
  /** About so large; what is downloaded is held against what the hub says. */
  readonly sizeBytes: number;
  /**
   * Where it is known beyond doubt. Otherwise the hub's own hash of the pinned revision counts, and
   * is kept with the installed files.
   */
  readonly sha256?: string;
  readonly role?: FileRole;
}

/** A model that can be pulled from the hub. */
export interface CatalogueModel {
  readonly name: string;
  /** In a few words. */
  readonly about: string;
  /** As in `owner/name`. */
  readonly repository: string;
  /** A commit where one is pinned, else a branch. */
  readonly revision: string;
  /** SPDX identifier. */
  readonly licence: string;
  readonly files: readonly CatalogueFile[];
}

const BGE_M3 = {
  repository: "Xenova/bge-m3",
  revision: "0304fba9855cf475521c7fb1199d623f1cc82b73",
  licence: "MIT",
};
const BGE_M3_TOKENIZER: readonly CatalogueFile[] = [
  { path: "tokenizer.json", sizeBytes: 17_100_000, role: "tokenizer-model" },
  { path: "tokenizer_config.json", sizeBytes: 1_170 },
];

/** The models that the gateway knows; of several for one purpose, the first is the default. */
export const CATALOGUE: readonly CatalogueModel[] = [
  {
    name: "bge-m3",
    about: "multilingual embeddings, 1,024 dimensions, int8",
    ...BGE_M3,
    files: [
      { path: "onnx/model_quantized.onnx", sizeBytes: 570_000_000, role: "embedding-model" },
      ...BGE_M3_TOKENIZER,
    ],
  },
  {
    name: "bge-m3-fp32",
    about: "multilingual embeddings, 1,024 dimensions, full precision",
    ...BGE_M3,
    files: [
      { path: "onnx/model.onnx", sizeBytes: 607_000, role: "embedding-model" },
      { path: "onnx/model.onnx_data", sizeBytes: 2_270_000_000 },
      ...BGE_M3_TOKENIZER,
    ],
  },
  {
    name: "gliner-multi-v2.1",
    about: "named entities of any kind, in many languages",
    repository: "onnx-community/gliner_multi-v2.1",
    revision: "main",
    licence: "Apache-2.0",
    files: [
      { path: "onnx/model_quantized.onnx", sizeBytes: 349_000_000, role: "gliner-model" },
      { path: "tokenizer.json", sizeBytes: 16_300_000, role: "gliner-tokenizer" },
      { path: "gliner_config.json", sizeBytes: 1_000, role: "gliner-config" },
    ],
  },
  {
    name: "pp-ocrv5",
    about: "text detection and recognition, Latin script",
    repository: "monkt/paddleocr-onnx",
    revision: "main",
    licence: "Apache-2.0",
    files: [
      { path: "detection/v5/det.onnx", sizeBytes: 88_000_000, role: "ocr-det-model" },
      { path: "languages/latin/rec.onnx", sizeBytes: 8_000_000, role: "ocr-rec-model" },
      { path: "languages/latin/dict.txt", sizeBytes: 3_000, role: "ocr-dictionary" },
    ],
  },
  {
    name: "picodet-layout",
    about: "document layout: titles, text, figures, tables",
    repository: "SWHL/RapidOCR",
    revision: "4e4644045a07c403b1ad40ca97340ecb4a8dc2c1",
    licence: "Apache-2.0",
    files: [
      {
        path: "PPStructure/layout/layout_publaynet.onnx",
        sizeBytes: 7_400_000,
        role: "ocr-layout-model",
      },
    ],
  },
  {
    name: "slanet-plus",
    about: "table structure",
    repository: "opticsWolf/slanet-plus-onnx",
    revision: "main",
    licence: "Apache-2.0",
    files: [
      {
        path: "slanet-plus.onnx",
        sizeBytes: 7_760_000,
        sha256: "d57a942af6a2f57d6a4a0372573c696a2379bf5857c45e2ac69993f3b334514b",
        role: "ocr-table-model",
      },
    ],
  },
];
