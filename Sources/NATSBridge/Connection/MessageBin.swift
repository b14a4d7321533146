internal import CNATS

// SAFETY (all of it): `places` holds `countMax` handles, allocated in init and freed in deinit; those below `count` are
// messages that nobody else has any more.
/// Messages that are done with, on their way to be freed. The library (3.4.1) has a thread of its own free them and wakes
/// it for each one that it finds it asleep for: one by one that costs more than everything else about a message, in pieces
/// next to nothing. One thread; bounded in messages and bytes.
@safe
final class MessageBin {
    private static let countMax = 128
    private static let bytesMax = 1 << 20

    private let places: UnsafeMutablePointer<OpaquePointer>
    private var count = 0
    private var byteCount = 0

    init() { unsafe places = .allocate(capacity: Self.countMax) }

    deinit {
        empty()
        unsafe places.deallocate()
    }

    /// Takes over a message.
    func add(_ message: OpaquePointer) {
        unsafe (places + count).initialize(to: message)
        count += 1
        byteCount += Int(unsafe natsMsg_GetDataLength(message))
        if count == Self.countMax || byteCount >= Self.bytesMax { empty() }
    }

    /// Frees what is in it. For when nothing more comes soon.
    func empty() {
        for index in 0..<count { unsafe natsMsg_Destroy(places[index]) }
        (count, byteCount) = (0, 0)
    }
}
