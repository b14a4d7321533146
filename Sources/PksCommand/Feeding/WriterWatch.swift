import CSeqlock
import FillProducer

/// Whether a writer reads the ring, and which life of the book it is.
struct WriterWatch {
    /// A writer that has not looked at the ring for this long is gone, stopped or starved.
    private static let staleNs: Int64 = 2_000_000_000
    /// A writer that runs finds a new ring well within this.
    private static let graceNs: Int64 = 1_000_000_000

    /// Other lives of the book that took over since the first one was seen.
    private(set) var restarts = 0
    private let book: String
    private let producer: String
    private let beganNs = pks_monotonic_ns()
    private var epoch: UInt64
    private var hasSeenWriter = false
    private var hasSaidAbsent = false

    init(book: String, producer: String, epoch: UInt64) {
        self.book = book
        self.producer = producer
        self.epoch = epoch
    }

    /// What a person should know now; nil when there is nothing new.
    mutating func look(at ring: borrowing FillProducer, nowNs: Int64) -> String? {
        let epochNow = ring.writerEpoch
        let isRead = nowNs - ring.writerHeartbeatNs < Self.staleNs && ring.writerHeartbeatNs != 0
        var message: String?
        if epochNow != epoch {
            epoch = epochNow
            if hasSeenWriter {
                restarts += 1
                message =
                    "pks: feed: another writer has taken over book \(book); it goes on with what its journal "
                    + "lacks of the ring, or reads again what the ring still holds, and the feed goes on"
            }
        }
        if isRead {
            hasSeenWriter = true
            hasSaidAbsent = false
        } else if !hasSaidAbsent && nowNs - beganNs > Self.graceNs {
            hasSaidAbsent = true
            message =
                "pks: feed: nothing reads the ring of producer \(producer) (start it: pks run --book \(book)); "
                + "waiting"
        }
        return message
    }
}
