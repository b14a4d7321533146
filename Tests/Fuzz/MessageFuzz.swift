// Any bytes as a message from the bus: TradeBooked to records to a book, whose accounting identities are checked
// after every record and whose effects become messages again; and the same bytes as every other message, shown.
// Built and run by ./run fuzz, with the address sanitizer; a crash, a trap, a broken identity, something shown that
// could harm a terminal, or two runs that differ end it.
import Accumulator
import BusMessages
import CSeqlock
import LotMatching

private let limits = MessageLimits(bytesMax: 4096, fillsMax: 64, keysMax: 48)

/// What one message came to.
private struct Outcome: Equatable {
    var digest = ""
    var refusal = ""
    var rejects: [FillReject] = []
    var shown: [String] = []
}

/// As `pks tail` shows it: harmless whatever it holds.
private func show(_ message: DecodedMessage) -> String {
    for text in [message.line, message.json] {
        for scalar in text.unicodeScalars {
            let category = scalar.properties.generalCategory
            if category == .control || category == .format {
                stop("a terminal could be harmed by \(message)")
            }
        }
    }
    return message.line
}

private func run(_ bytes: UnsafeRawBufferPointer, method: LotMethod) -> Outcome {
    var outcome = Outcome()
    var inspector = MessageInspector(limits: limits)
    var decoder = TradeBookedDecoder(book: "main", instruments: InstrumentTable(), limits: limits)
    var rejected = RejectEncoder(book: "main")
    let sink = AuditedBook(method: method, keepsEffects: true)
    do throws(Poison) {
        // SAFETY: the fuzzer's bytes, which live as long as the run.
        let count = try unsafe decoder.decode(bytes)
        for index in 0..<count {
            do throws(FillReject) {
                try decoder.encode(index, reference: UInt64(index))
                if decoder.hasKey { sink.define(decoder.keyRecord) }
                if decoder.hasExtension { sink.extend(decoder.extensionRecord) }
                sink.apply(decoder.fillRecord)
            } catch {
                outcome.rejects.append(error)
                rejected.encode(index, of: decoder, error, stream: "S", streamSeq: 1)
                // SAFETY: read before the encoder's next call.
                outcome.shown.append(show(try unsafe inspector.decode(.tradeRejected, rejected.bytes)))
            }
        }
    } catch {
        outcome.refusal = "\(error)"
    }
    outcome.digest = sink.digest
    outcome.shown += publish(sink, &inspector)
    // SAFETY: as above.
    outcome.shown += unsafe inspect(bytes, &inspector)
    return outcome
}

/// The messages of what the book did: all of them can be read.
private func publish(_ sink: AuditedBook, _ inspector: inout MessageInspector) -> [String] {
    var encoder = EffectEncoder(book: "main")
    let effects = sink.allEffects()
    encoder.learnKeys(of: sink.book)
    var lines: [String] = []
    for (number, effect) in effects.enumerated() {
        let kind = encoder.encode(effect, n: UInt32(number))
        do throws(Poison) {
            // SAFETY: read before the encoder's next call.
            lines.append(show(try unsafe inspector.decode(kind, encoder.bytes)))
        } catch {
            stop("our own \(kind) cannot be read: \(error)")
        }
    }
    return lines
}

/// The same bytes as messages of every kind.
private func inspect(_ bytes: UnsafeRawBufferPointer, _ inspector: inout MessageInspector) -> [String] {
    var lines: [String] = []
    // SAFETY (all of this function): the fuzzer's bytes, which live as long as the run.
    for kind in MessageKind.allCases {
        if let message = try? unsafe inspector.decode(kind, bytes) { lines.append(show(message)) }
    }
    var lifecycle = LifecycleEventDecoder(book: "main", limits: limits)
    if let event = try? unsafe lifecycle.decode(bytes) {
        var rejected = RejectEncoder(book: "main")
        let reject = FillReject(reason: "lifecycle_not_supported", detail: "")
        rejected.encode(event, reject, stream: "S", streamSeq: 1)
        do throws(Poison) {
            lines.append(show(try unsafe inspector.decode(.tradeRejected, rejected.bytes)))
        } catch {
            stop("our own answer cannot be read: \(error)")
        }
    }
    return lines
}

/// One input; libFuzzer calls it again and again on one thread.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMessage(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // SAFETY: the fuzzer lends `count` bytes for the call.
    let bytes = unsafe UnsafeRawBufferPointer(start: data, count: count)
    let method = LotMethod.allCases[count % LotMethod.allCases.count]
    let first = unsafe run(bytes, method: method)
    let second = unsafe run(bytes, method: method)
    if first != second { stop("two runs of the same bytes differ") }
    return 0
}
