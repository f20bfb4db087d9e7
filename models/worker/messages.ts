/** The first message to a model's worker. */
export interface WorkerStart<Settings> {
  /** What the model is made of. */
  readonly settings: Settings;
  /** A `SlotLease`'s, for models that write to the ring. */
  readonly lease: SharedArrayBuffer;
}

/** Every further message. */
export interface WorkerRequest<Request> {
  readonly id: number;
  readonly request: Request;
}

/** From the worker: one for {@link WorkerStart}, then one per request, in their order. */
export type WorkerAnswer<About, Result> =
  | { readonly kind: "ready"; readonly about: About }
  | { readonly kind: "not_ready"; readonly reason: string; readonly hint?: string | undefined }
  | { readonly kind: "done"; readonly id: number; readonly result: Result }
  | {
    readonly kind: "failed";
    readonly id: number;
    /** Whether it was not the request's fault: what the model needs is not there. */
    readonly isUnavailable: boolean;
    readonly reason: string;
    readonly hint?: string | undefined;
  };
