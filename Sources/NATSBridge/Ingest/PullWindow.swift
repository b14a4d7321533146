/// How many messages have been asked for and not come yet. Pure. The server serves requests in their order; a request
/// ends when it has given all it was asked for, or when a status message says so.
struct PullWindow {
    private struct Request {
        var number: UInt64
        var left: Int
    }

    private var requests: [Request] = []
    private var nextNumber: UInt64 = 1

    /// Requests at a time.
    static let requestsMax = 3

    /// Messages that may still come.
    var wantedCount: Int { requests.reduce(0) { $0 + $1.left } }
    /// The server owes something.
    var isOpen: Bool { !requests.isEmpty }

    /// How many to ask for now, 0 for none: up to `batch`, as long as no more than `room` can come. A batch is asked for
    /// while another is still to come, so that the server has work while this one's is done.
    func ask(batch: Int, room: Int) -> Int {
        guard requests.count < Self.requestsMax, wantedCount <= batch else { return 0 }
        let count = min(batch, room - wantedCount)
        // Many small requests would cost more than they bring.
        return count >= min(batch, 16) || (count > 0 && requests.isEmpty) ? count : 0
    }

    /// Asked for so many; returns the request's number.
    mutating func open(_ count: Int) -> UInt64 {
        requests.append(Request(number: nextNumber, left: count))
        nextNumber += 1
        return nextNumber - 1
    }

    /// A message came.
    mutating func noteMessage() {
        guard !requests.isEmpty else { return }
        requests[0].left -= 1
        if requests[0].left <= 0 { requests.removeFirst() }
    }

    /// The server has ended a request.
    mutating func close(_ number: UInt64) { requests.removeAll { $0.number == number } }

    /// Nothing more comes of what was asked for.
    mutating func closeAll() { requests.removeAll() }
}
