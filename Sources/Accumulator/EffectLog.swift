/// Where a book writes its effects: nowhere, or a buffer of fixed size that a consumer empties.
///
/// Off by default, and then a book spends nothing on effects. When on, the buffer is handed to `onFull`
/// whenever it is full and when `flush` is called; the consumer runs on the writer's thread. Effects
/// therefore never get lost and the memory is bounded; a consumer that must not hold up the writer copies
/// them to a thread of its own.
@safe
public struct EffectLog: ~Copyable {
    /// Takes a run of effects in order. The buffer is only valid during the call.
    public typealias Consumer = (UnsafeBufferPointer<Effect>) -> Void

    /// Which effects are wanted.
    public enum Scope: Sendable {
        /// All of them, in the order of the contract.
        case all
        /// Rejects only: applied fills then take the path, and the time, of a book without effects.
        case rejects
    }

    /// Whether the effects of applied fills are wanted.
    let isOn: Bool
    /// Whether rejects are wanted.
    let takesRejects: Bool
    // SAFETY: countMax places (one when off), allocated in init and freed in deinit; the first `count` are
    // initialised. Effect is trivial, so nothing needs deinitialising.
    let buffer: UnsafeMutablePointer<Effect>
    private let countMax: Int
    private var count = 0
    // SAFETY: called with the initialised part of the buffer only.
    private let onFull: Consumer

    /// Wants no effects.
    public init() {
        isOn = false
        takesRejects = false
        unsafe buffer = UnsafeMutablePointer<Effect>.allocate(capacity: 1)
        countMax = 0
        unsafe onFull = { _ in }
    }

    /// Hands the effects of a scope to `consumer` in runs of up to `countMax`.
    public init(countMax: Int = 1024, scope: Scope = .all, consumer: @escaping Consumer) {
        precondition(countMax > 0)
        isOn = scope == .all
        takesRejects = true
        unsafe buffer = UnsafeMutablePointer<Effect>.allocate(capacity: countMax)
        self.countMax = countMax
        unsafe onFull = consumer
    }

    deinit { unsafe buffer.deallocate() }

    /// Appends one effect.
    mutating func append(_ effect: Effect) {
        guard takesRejects else { return }
        if count == countMax { flush() }
        // SAFETY: count < countMax after the flush; Effect is trivial, so assignment needs no initialising.
        unsafe (buffer + count).initialize(to: effect)
        count += 1
    }

    /// Hands over what is in the buffer.
    public mutating func flush() {
        guard count > 0 else { return }
        unsafe onFull(UnsafeBufferPointer(start: buffer, count: count))
        count = 0
    }
}
