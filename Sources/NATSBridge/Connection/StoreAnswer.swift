/// What JetStream answers to a message that was to be stored.
enum StoreAnswer: Equatable {
    /// It is in the stream, perhaps since an earlier time.
    case stored
    /// It is not, and why.
    case refused(String)

    /// Reads `{"stream":"S","seq":7}` or `{"error":{... "description":"..."}}`. `status` is the number of a status
    /// message: 503 when no stream takes the subject.
    init(_ payload: [UInt8], status: Int?) {
        if let status {
            self = .refused(status == 503 ? "no stream takes its subject" : "status \(status)")
            return
        }
        let text = String(decoding: payload, as: UTF8.self)
        if text.contains("\"error\"") {
            let words = text.firstRange(of: "\"description\":\"").map {
                text[$0.upperBound...].prefix { $0 != "\"" }
            }
            self = .refused(NATSText.harmless(words.map(String.init) ?? "an error without description"))
        } else if text.contains("\"seq\"") && text.contains("\"stream\"") {
            self = .stored
        } else {
            self = .refused("an answer that is none")
        }
    }
}
