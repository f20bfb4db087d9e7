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

/** Where models are pulled from when nothing else is said. */
export const DEFAULT_HUB_URL = "https://huggingface.co";

/** A repository of the hub, as in `owner/name`, at a commit or, where none is pinned, a branch. */
export interface HubRepository {
  readonly repository: string;
  readonly revision: string;
}

/** Where a file lies: in a repository of the hub, or at an address that has nothing to do with it. */
export type FileSource = HubRepository | { readonly url: string };

/** A file of a model. */
export interface CatalogueFile {
  readonly source: FileSource;
  /** Below the folder where the model is installed, and in the hub's repository. */
  readonly path: string;
  /** About so large; what is downloaded is held against what the server says. */
  readonly sizeBytes: number;
  /**
   * Where it is known beyond doubt. Otherwise the hash counts that the hub tells at the time of the
   * pull; the manifest beside the installed files keeps it, and says where it came from.
   */
  readonly sha256?: string;
  readonly role?: FileRole;
}

/** A model that can be pulled. */
export interface CatalogueModel {
  readonly name: string;
  /** In a few words. */
  readonly about: string;
  /** SPDX identifier of the weights' licence. */
  readonly licence: string;
  readonly files: readonly CatalogueFile[];
}

const BGE_M3: HubRepository = {
  repository: "Xenova/bge-m3",
  revision: "4de13258303883538bd53b696b452bf8099f0858",
};
const BGE_M3_TOKENIZER: readonly CatalogueFile[] = [
  {
    source: BGE_M3,
    path: "tokenizer.json",
    sizeBytes: 17_082_821,
    sha256: "6710678b12670bc442b99edc952c4d996ae309a7020c1fa0096dd245c2faf790",
    role: "tokenizer-model",
  },
  {
    source: BGE_M3,
    path: "tokenizer_config.json",
    sizeBytes: 1_173,
    sha256: "7e4c1cc848840aeccdd763458c18dd525eb0f795c992e00ebe9c28554e7db2d4",
  },
];
const GLINER_MULTI: HubRepository = {
  repository: "onnx-community/gliner_multi-v2.1",
  revision: "main",
};
const PP_OCR_DETECTION: HubRepository = {
  repository: "PaddlePaddle/PP-OCRv5_mobile_det_onnx",
  revision: "e6f4fa85f00e168c862bc462aebca69eef9b3d3d",
};
const PP_OCR_RECOGNITION: HubRepository = {
  repository: "monkt/paddleocr-onnx",
  revision: "7b02d0a30a07ba2b92ad1ff5a8941ae2c633de65",
};

/** The models that the gateway knows; of several for one purpose, the first is the default. */
export const CATALOGUE: readonly CatalogueModel[] = [
  {
    name: "bge-m3",
    about: "multilingual embeddings, 1,024 dimensions, int8",
    licence: "MIT",
    files: [
      {
        source: BGE_M3,
        path: "onnx/model_quantized.onnx",
        sizeBytes: 569_694_530,
        sha256: "0826f8c1ab9edf1801db86c61919d4d108e8bfc0b809ec823ad366882ff0b77d",
        role: "embedding-model",
      },
      ...BGE_M3_TOKENIZER,
    ],
  },
  {
    name: "bge-m3-fp32",
    about: "multilingual embeddings, 1,024 dimensions, full precision",
    licence: "MIT",
    files: [
      {
        source: BGE_M3,
        path: "onnx/model.onnx",
        sizeBytes: 725_000,
        sha256: "5d89a0010dd39aa2cfa8b22bb49f06904c5bbf5877135f877da419480f40cde3",
        role: "embedding-model",
      },
      {
        source: BGE_M3,
        path: "onnx/model.onnx_data",
        sizeBytes: 2_266_820_608,
        sha256: "1eebfb28493f67bba03ce0ef64bfdc7fc5a3bd9d7493f818bb1d78cd798416b4",
      },
      ...BGE_M3_TOKENIZER,
    ],
  },
  {
    name: "gliner-multi-v2.1",
    about: "named entities of any kind, in many languages",
    licence: "Apache-2.0",
    files: [
      // Its int8 export finds next to nothing: https://github.com/urchade/GLiNER/issues/270
      {
        source: GLINER_MULTI,
        path: "onnx/model.onnx",
        sizeBytes: 1_160_000_000,
        role: "gliner-model",
      },
      {
        source: GLINER_MULTI,
        path: "tokenizer.json",
        sizeBytes: 16_300_000,
        role: "gliner-tokenizer",
      },
      { source: GLINER_MULTI, path: "gliner_config.json", sizeBytes: 1_000, role: "gliner-config" },
    ],
  },
  {
    name: "pp-ocrv5",
    about: "text detection and recognition, Latin script",
    licence: "Apache-2.0",
    files: [
      {
        source: PP_OCR_DETECTION,
        path: "inference.onnx",
        sizeBytes: 4_826_518,
        sha256: "a431985659dc921974177a95adcfbb90fd9e51989a5e04d70d0b75f597b6e61d",
        role: "ocr-det-model",
      },
      {
        source: PP_OCR_RECOGNITION,
        path: "languages/latin/rec.onnx",
        sizeBytes: 7_862_832,
        sha256: "614ffc2d6d3902d360fad7f1b0dd455ee45e877069d14c4e51a99dc4ef144409",
        role: "ocr-rec-model",
      },
      {
        source: PP_OCR_RECOGNITION,
        path: "languages/latin/dict.txt",
        sizeBytes: 1_634,
        sha256: "3c0a8a79b612653c25f765271714f71281e4e955962c153e272b7b8c1d2b13ff",
        role: "ocr-dictionary",
      },
    ],
  },
  {
    name: "picodet-layout",
    about: "document layout: titles, text, figures, tables",
    licence: "Apache-2.0",
    files: [
      {
        source: {
          url:
            "https://github.com/RapidAI/RapidLayout/releases/download/v0.0.0/layout_publaynet.onnx",
        },
        path: "layout_publaynet.onnx",
        sizeBytes: 7_400_000,
        sha256: "958aa6dcef1cc1a542d0a513b5976a3d5edbcc37d76460ec1e9f126358e4d100",
        role: "ocr-layout-model",
      },
    ],
  },
  {
    name: "slanet-plus",
    about: "table structure",
    licence: "Apache-2.0",
    files: [
      {
        // Bit for bit what RapidTable publishes under Apache-2.0, in a repository of the hub.
        source: {
          repository: "opendatalab/PDF-Extract-Kit-1.0",
          revision: "ed6b654c018d742e65a17671e379c5e6ecc87ec9",
        },
        path: "models/TabRec/SlanetPlus/slanet-plus.onnx",
        sizeBytes: 7_758_305,
        sha256: "d57a942af6a2f57d6a4a0372573c696a2379bf5857c45e2ac69993f3b334514b",
        role: "ocr-table-model",
      },
    ],
  },
];
