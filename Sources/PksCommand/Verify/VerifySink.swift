import Accumulator
import Feeds
import LotMatching

/// Sends every record both along the real path and into an audited book.
final class VerifySink: FillSink {
    let session: ReplaySession
    private(set) var audited: [AuditedBook] = []
    private let input: InputOptions
    private let method: LotMethod

    init(_ session: ReplaySession, _ input: InputOptions, method: LotMethod) {
        self.session = session
        self.input = input
        self.method = method
    }

    func openBook(_ name: String, index: Int) -> String? {
        let refusal = session.openBook(name, index: index)
        if refusal == nil { audited.append(AuditedBook(input.bookConfig(name, method: method))) }
        return refusal
    }

    func send(_ record: UnsafeRawPointer, book: Int) -> Bool {
        // SAFETY: the record is the caller's, whole and alive for both calls.
        unsafe audited[book].put(record)
        return unsafe session.send(record, book: book)
    }

    func reject(_ reject: FeedReject) -> Bool { session.reject(reject) }

    func progress(_ progress: FeedProgress) { session.progress(progress) }
}
