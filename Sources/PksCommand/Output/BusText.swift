import PositionText
import ShmReader

extension [UInt8] {
    /// A book's bus as its segment shows it: `,"bus":{...}`.
    mutating func append(bus: BusView) {
        append(static: ",\"bus\":{\"state\":")
        append(json: bus.state.word)
        append(text: ",\"ingest_stream_seq\":\(bus.ingestSeq),\"ingest_pending\":\(bus.ingestPending)")
        append(text: ",\"published_seq\":\(bus.publishedSeq),\"alarms\":\(bus.alarms)}")
    }
}
