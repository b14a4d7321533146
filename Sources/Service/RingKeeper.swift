import Accumulator
import CSeqlock
import PositionText
import ShmBridge
import ShmFiles
import ShmReader

/// A ring that the writer has, or is about to have or to give back.
final class KeptRing {
    let producer: String
    let place: Int
    let file: FileStatus
    let view: RingView
    var isToldBroken = false
    /// The tail as it was at some time: what the wait of the oldest record is reckoned by.
    var mark: (tail: UInt64, ns: Int64)?

    init(producer: String, place: Int, file: FileStatus, view: consuming RingView) {
        self.producer = producer
        self.place = place
        self.file = file
        self.view = view
    }

    /// Looks at the ring's ends, to know since when records wait.
    func look(nowNs: Int64) {
        let status = view.status()
        if let mark, status.applied < mark.tail { return }
        mark = status.lag > 0 ? (status.tail, nowNs) : nil
    }
}

// SAFETY: used under the service's lock only.
/// The producers' rings of one book, as the control thread keeps them: found by name, mapped and checked, handed
/// to the writer, watched, and asked back when their name has gone.
///
/// A ring stays attached when its producer has closed it or has died. Its name is what counts: whoever removes it
/// says that nobody will go on with it.
final class RingKeeper: @unchecked Sendable {
    /// A ring that is not read, and why.
    private struct Refused {
        let file: FileStatus?
        let reason: String
    }

    /// Names are looked at again after so long although the directory does not seem to have changed.
    private static let scanNs: Int64 = 1_000_000_000
    /// Producers that are told as refused, at most.
    private static let refusedMax = 256

    let host: BookHost
    private let shmDirectory: String
    private let log: ServiceLog
    private(set) var kept: [KeptRing] = []
    private var refused: [String: Refused] = [:]
    private var nextScanNs: Int64 = 0
    private var stateTold: WriterStatus?

    init(_ host: BookHost, shmDirectory: String, log: ServiceLog) {
        self.host = host
        self.shmDirectory = shmDirectory
        self.log = log
    }

    /// Rings that are not read, with the reason, by producer.
    var refusedRings: [(producer: String, reason: String)] {
        refused.sorted { $0.key < $1.key }.map { (producer: $0.key, reason: $0.value.reason) }
    }

    /// One look at everything. New rings are attached unless `isClosing`.
    func tick(nowNs: Int64, directoryHasChanged: Bool, isClosing: Bool) {
        collectReturned()
        for ring in kept {
            ring.look(nowNs: nowNs)
            reportBroken(ring)
        }
        reportState(nowNs)
        let isDue = nowNs >= nextScanNs
        if !isClosing && (directoryHasChanged || isDue) {
            if isDue { nextScanNs = nowNs + Self.scanNs }
            scan(retryingRefused: isDue)
        }
    }

    // MARK: - Coming

    private func scan(retryingRefused: Bool) {
        let producers: [String]
        do throws(AttachError) {
            producers = try RingView.producers(book: host.name, directory: shmDirectory)
        } catch {
            note(.trouble, "rings cannot be looked for: \(error.description)")
            return
        }
        recallNameless(Set(producers))
        for producer in producers where !kept.contains(where: { $0.producer == producer }) {
            let file = fileStatus(producer)
            if let known = refused[producer], known.file == file, !retryingRefused { continue }
            attach(producer, file)
        }
        for producer in refused.keys where !producers.contains(producer) {
            refused.removeValue(forKey: producer)
        }
    }

    private func attach(_ producer: String, _ file: FileStatus?) {
        let taken = Set(kept.map(\.place))
        guard kept.count < host.options.ringsMax,
            let place = (0..<WriterMailbox.placeCount).first(where: { !taken.contains($0) })
        else {
            let isMost = kept.count == BookWriter.ringsMax
            let advice = isMost ? "share a ring, or use another book" : "raise --rings"
            refuse(producer, file, "there are \(kept.count) rings already, which is the most (\(advice))")
            return
        }
        guard let file else { return }
        let view: RingView
        do throws(AttachError) {
            view = try RingView(
                book: host.name, producer: producer, directory: shmDirectory,
                allowedOwners: host.options.allowedOwners)
        } catch {
            refuse(producer, file, error)
            return
        }
        do throws(ShmError) {
            let consumer = try RingConsumer(
                book: host.name, producer: producer, segmentEpoch: host.reader.epoch, directory: shmDirectory,
                allowedOwners: host.options.allowedOwners)
            let freed = consumer.freed
            let resumedAt = host.rings.next(ofEpoch: consumer.epoch)
            if let resumedAt, resumedAt < freed || resumedAt > consumer.tail {
                refuse(
                    producer, file,
                    "it was emptied up to record \(freed) and has \(consumer.tail), but the journal has \(resumedAt) of "
                        + "it (the two are not of one run; remove the ring and let its producer start anew)")
                return
            }
            let count = consumer.tail - (resumedAt ?? freed)
            let capacity = consumer.recordMask + 1
            host.mailbox.offer(RingFeed(consumer, resumedAt: resumedAt), at: place)
            kept.append(KeptRing(producer: producer, place: place, file: file, view: view))
            refused.removeValue(forKey: producer)
            note(.attached, "ring of \(producer) attached: \(count) records on it, room for \(capacity)")
            if freed > 0 && resumedAt == nil {
                note(
                    .degraded,
                    "ring of \(producer) no longer holds its first \(freed) records: positions lack what an "
                        + "earlier life of the book took from them (to have them, begin without this ring and play the "
                        + "fills again from their source)")
            }
        } catch {
            if case .notFound = error { return }
            refuse(producer, file, error.description)
        }
    }

    /// The words of whoever looked at the ring's header; what a person need not know of is passed over.
    private func refuse(_ producer: String, _ file: FileStatus?, _ error: AttachError) {
        switch error {
        // It went between the look at the names and now.
        case .notFound: return
        // Dashes may stand in both names: this is the ring of another book.
        case .invalid(_, "book"), .invalid(_, "producer_name"): if producer.contains("-") { return }
        default: break
        }
        refuse(producer, file, error.description)
    }

    private func refuse(_ producer: String, _ file: FileStatus?, _ reason: String) {
        let known = refused[producer]
        if known == nil && refused.count >= Self.refusedMax { return }
        refused[producer] = Refused(file: file, reason: reason)
        if known?.reason != reason { note(.refused, "ring of \(producer) is not read: \(reason)") }
    }

    // MARK: - Going

    private func recallNameless(_ producers: Set<String>) {
        for ring in kept where host.mailbox.state(of: ring.place) == .attached {
            let hasName = producers.contains(ring.producer)
            if hasName, let now = fileStatus(ring.producer), now.isSameFile(as: ring.file) { continue }
            host.mailbox.recall(ring.place)
        }
    }

    private func collectReturned() {
        for ring in kept where host.mailbox.state(of: ring.place) == .returned {
            reportBroken(ring)
            host.mailbox.drop(ring.place)
            note(.detached, "ring of \(ring.producer) detached: its name has gone and all of it is taken")
            // What else came under that name meanwhile waits for the next look.
            nextScanNs = 0
        }
        kept.removeAll { host.mailbox.state(of: $0.place) == .vacant }
    }

    private func fileStatus(_ producer: String) -> FileStatus? {
        let path = try? SharedNames.ringPath(book: host.name, producer: producer, directory: shmDirectory)
        guard let path else { return nil }
        return (try? FileStatus.at(path)) ?? nil
    }

    // MARK: - Reports

    private func reportBroken(_ ring: KeptRing) {
        guard !ring.isToldBroken, let reason = host.mailbox.quarantineReason(of: ring.place) else { return }
        ring.isToldBroken = true
        note(
            .quarantined,
            "ring of \(ring.producer) is quarantined: \(QuarantineText.text(reason)); other rings go on "
                + "(stop that producer, remove its ring, and let it start anew)")
    }

    private func reportState(_ nowNs: Int64) {
        let status = host.reader.writerStatus(nowNs: nowNs)
        defer { stateTold = status }
        switch (status, stateTold) {
        case (.live, .some(.live)), (.starting, _), (.stopped, _), (.stale, .some(.stale)): return
        case (.live, _): note(.life, "live")
        case (.degraded(let reasons), let told):
            if case .degraded(reasons) = told { return }
            note(.degraded, "degraded: \(degradedText(reasons))")
        case (.stale, _): note(.trouble, "the writer has given no sign of life for a second")
        case (.retired, _): note(.trouble, "another process has taken the segment's name")
        }
    }

    private func note(_ kind: ServiceLog.Kind, _ text: String) {
        log.note(kind, "book \(host.name): \(text)")
    }
}

/// Why a ring is quarantined, in words.
public enum QuarantineText {
    /// The meaning of one of PKS_QUARANTINE_*. Allocates.
    public static func text(_ reason: UInt64) -> String {
        switch Int32(truncatingIfNeeded: reason) {
        case PKS_QUARANTINE_CURSORS: "its cursor went back, or past the ring's room"
        case PKS_QUARANTINE_RECORDS: "too many of its records are such as no producer writes"
        case PKS_QUARANTINE_FILE: "its file was cut short"
        default: "reason \(reason)"
        }
    }
}
