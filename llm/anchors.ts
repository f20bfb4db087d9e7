/** A text whose meaning is known. */
export interface Anchor {
  readonly label: string;
  readonly text: string;
}

/** Labelled with sentiments, in English and Portuguese. */
export const SENTIMENT_ANCHORS: readonly Anchor[] = labelled({
  positive: [
    "I love it, thank you so much!",
    "Excellent service, everything worked perfectly.",
    "I am very happy with the result.",
    "Adorei, muito obrigado!",
    "Atendimento excelente, funcionou tudo perfeitamente.",
    "Estou muito feliz com o resultado.",
  ],
  neutral: [
    "The order was shipped on Monday.",
    "What are your opening hours?",
    "I would like to change my address.",
    "O pedido foi enviado na segunda-feira.",
    "Qual é o horário de funcionamento?",
    "Gostaria de mudar meu endereço.",
  ],
  negative: [
    "This is terrible, I want my money back.",
    "I am very disappointed and angry.",
    "Nothing works and nobody helps me.",
    "Isso é péssimo, quero meu dinheiro de volta.",
    "Estou muito decepcionado e irritado.",
    "Nada funciona e ninguém me ajuda.",
  ],
});

/** Labelled with what their writers want, in English and Portuguese. */
export const INTENT_ANCHORS: readonly Anchor[] = labelled({
  Greeting: ["Hello, good morning!", "Hi there, how are you?", "Olá, bom dia!", "Oi, tudo bem?"],
  Farewell: [
    "Goodbye, have a nice day.",
    "See you later.",
    "Tchau, tenha um bom dia.",
    "Até logo.",
  ],
  Thanks: ["Thank you very much for your help.", "Muito obrigado pela ajuda."],
  PurchaseRequest: [
    "I would like to buy this product.",
    "How can I order one?",
    "Quero comprar este produto.",
    "Como faço para encomendar?",
  ],
  PriceInquiry: [
    "How much does it cost?",
    "Can you send me a quote?",
    "Quanto custa?",
    "Pode me mandar um orçamento?",
  ],
  InsuranceRequest: [
    "I want to insure my car.",
    "I need an insurance policy.",
    "Quero fazer um seguro para o meu carro.",
    "Preciso de uma apólice de seguro.",
  ],
  OrderStatusInquiry: [
    "Where is my order?",
    "When will my package arrive?",
    "Onde está o meu pedido?",
    "Quando chega a minha encomenda?",
  ],
  PaymentProblem: [
    "My payment was refused.",
    "I was charged twice.",
    "Meu pagamento foi recusado.",
    "Fui cobrado duas vezes.",
  ],
  RefundRequest: [
    "I want a refund.",
    "Please give me my money back.",
    "Quero um reembolso.",
    "Por favor, devolvam o meu dinheiro.",
  ],
  CancellationRequest: [
    "Please cancel my subscription.",
    "I want to cancel my order.",
    "Por favor, cancele a minha assinatura.",
    "Quero cancelar o meu pedido.",
  ],
  AppointmentRequest: [
    "I would like to book an appointment for tomorrow.",
    "Can we schedule a meeting?",
    "Gostaria de marcar um horário para amanhã.",
    "Podemos agendar uma reunião?",
  ],
  TechnicalSupportRequest: [
    "The application does not work, I get an error.",
    "I can't log in to my account.",
    "O aplicativo não funciona, aparece um erro.",
    "Não consigo entrar na minha conta.",
  ],
  Complaint: [
    "I want to make a complaint about your service.",
    "Quero fazer uma reclamação sobre o atendimento.",
  ],
  HumanAgentRequest: [
    "I want to talk to a person.",
    "Quero falar com um atendente.",
  ],
});

function labelled(texts: Readonly<Record<string, readonly string[]>>): Anchor[] {
  return Object.entries(texts).flatMap(([label, texts]) => texts.map((text) => ({ label, text })));
}
