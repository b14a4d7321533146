import Accumulator
import LotMatching
import Service

/// Keys of `[service]`.
public enum ServiceKey: String, CaseIterable, Sendable {
    /// Where locks and the daemon's socket live.
    case runDirectory = "run_dir"
    /// Where metrics are served.
    case metrics
    /// Whether that may be reached from other machines.
    case metricsPublic = "metrics_public"
    /// Written when all books are live.
    case readyFile = "ready_file"

    var kind: ValueKind {
        switch self {
        case .runDirectory, .readyFile: .path
        case .metrics: .address
        case .metricsPublic: .flag
        }
    }
}

/// Keys of `[defaults]` and of a `[[book]]` that have one value. The tables `class_methods` and `instrument`
/// come besides.
public enum BookKey: String, CaseIterable, Sendable {
    /// The book's name; only in a `[[book]]`.
    case name
    /// In which order lots close.
    case method
    /// A file of static data.
    case instruments
    /// Decimals of prices of other symbols.
    case priceDecimals = "price_decimals"
    /// Decimals of quantities of other symbols.
    case qtyDecimals = "qty_decimals"
    /// Decimals of fees of other symbols.
    case feeDecimals = "fee_decimals"
    /// The most positions.
    case positions
    /// The most open lots.
    case lots
    /// The most fills that duplicates are told from.
    case identities
    /// For how long of event time fills are remembered.
    case identityWindow = "identity_window"
    /// When a fill is late.
    case lateAfter = "late_after"
    /// The most (position, currency) pairs of fees in other currencies.
    case otherFees = "other_fees"
    /// The most producers at a time.
    case rings
    /// After how many impossible records a ring is quarantined.
    case violations
    /// Entries of the change ring.
    case changes
    /// Up to which size the book's private memory is brought in at the start.
    case prefault
    /// How the writer waits.
    case wait
    /// The CPU of the writer's thread; only in a `[[book]]`.
    case pin
    /// Permission bits of the segment.
    case mode
    /// Other users whose rings are read.
    case allow
    /// The directory of journals.
    case journal
    /// Slots show a fill only when it is durable.
    case durableFirst = "durable_first"
    /// Size of a journal's files.
    case journalSegment = "journal_segment"
    /// How much of a journal is kept.
    case journalKeep = "journal_keep"
    /// For how long it is kept.
    case journalKeepTime = "journal_keep_time"
    /// After how many records a checkpoint is made.
    case checkpointRecords = "checkpoint_records"
    /// Records that may be applied and not durable.
    case journalBuffer = "journal_buffer"

    var kind: ValueKind {
        switch self {
        case .name: .bookName
        case .method: .method
        case .instruments, .journal: .path
        case .durableFirst: .flag
        case .journalSegment, .journalKeep: .size
        case .journalKeepTime: .duration
        case .checkpointRecords: .count(0...1_000_000_000_000)
        case .journalBuffer: .powerOfTwo(1024...1 << 24)
        case .priceDecimals, .qtyDecimals, .feeDecimals: .count(0...18)
        case .positions: .count(1...1 << 24)
        case .lots, .identities: .count(1...1 << 28)
        case .otherFees: .count(1...1 << 24)
        case .rings: .count(1...64)
        case .violations: .count(1...1_000_000_000)
        case .changes: .powerOfTwo(2...1 << 26)
        case .identityWindow, .lateAfter: .duration
        case .prefault: .size
        case .wait: .wait
        case .pin: .cpu
        case .mode: .mode
        case .allow: .users
        }
    }

    /// What is in force when nobody says anything else, taken from the options' own defaults.
    var standard: ConfigurationValue {
        let config = BookConfig()
        let options = BookOptions(config: config)
        let journal = JournalOptions(directory: "")
        return switch self {
        case .name: .text(config.name)
        case .method: .method(config.method)
        case .instruments, .pin, .journal: .none
        case .durableFirst: .flag(journal.isDurableFirst)
        case .journalSegment: .bytes(journal.segmentBytes)
        case .journalKeep: .bytes(journal.keepBytes)
        case .journalKeepTime: .durationNs(journal.keepNs)
        case .checkpointRecords: .count(journal.checkpointRecords)
        case .journalBuffer: .count(journal.bufferRecords)
        case .priceDecimals: .count(config.instruments.defaults.priceDecimals)
        case .qtyDecimals: .count(config.instruments.defaults.qtyDecimals)
        case .feeDecimals: .count(config.instruments.defaults.feeDecimals)
        case .positions: .count(config.positionsMax)
        case .lots: .count(config.lotsMax)
        case .identities: .count(config.identitiesMax)
        case .identityWindow: .durationNs(config.identityWindowNs)
        case .lateAfter: .durationNs(config.lateAfterNs)
        case .otherFees: .count(config.otherFeesMax)
        case .rings: .count(options.ringsMax)
        case .violations: .count(options.violationsMax)
        case .changes: .count(options.changeCapacity)
        case .prefault: .bytes(options.prefaultBytesMax)
        case .wait: .wait(options.wait)
        case .mode: .mode(options.segmentMode)
        case .allow: .users([])
        }
    }
}

/// Keys of an instrument's table, as the columns of an instruments file.
public enum InstrumentKey: String, CaseIterable, Sendable {
    /// Decimals of prices.
    case priceDecimals = "price_decimals"
    /// Decimals of quantities.
    case qtyDecimals = "qty_decimals"
    /// Decimals of fees.
    case feeDecimals = "fee_decimals"
    /// The contract multiplier.
    case multiplier
    /// The currency of prices, fees and P&L.
    case currency
    /// The class that a method may be stated for.
    case instrumentClass = "class"
    /// The instrument's own method.
    case method
}

/// Tables of a book.
enum BookTable: String, CaseIterable {
    case classMethods = "class_methods"
    case instrument
}
