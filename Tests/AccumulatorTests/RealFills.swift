import CSeqlock
import CZlib
import Foundation

/// The real fills of the fixtures as records, read by a small reader of the tests' own: the columns are in
/// one known order, no field is quoted, and every number has at most eight decimals.
struct RealFills: Sendable {
    struct Problem: Error { let text: String }

    /// Account, strategy and symbol of each key, in the order of first use: handle n is key n.
    private(set) var keys: [[String]] = []
    private(set) var fills: [pks_fill_record] = []

    static let all = Result {
        try RealFills(["binance-spot-20240808.csv.gz", "binance-usdm-20240808.csv.gz"])
    }

    private init(_ names: [String]) throws {
        var handles: [[String]: UInt32] = [:]
        for name in names {
            let lines = try Self.inflated(name).split(separator: UInt8(ascii: "\n"))
            let header = "trade_id,order_id,book,account,strategy,symbol,side,qty,price,fee,event_ns"
            guard let first = lines.first, String(decoding: first, as: UTF8.self) == header else {
                throw Problem(text: "\(name): other columns than expected")
            }
            for line in lines.dropFirst() { try add(line, &handles) }
        }
    }

    private mutating func add(_ line: ArraySlice<UInt8>, _ handles: inout [[String]: UInt32]) throws {
        let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let text = { (index: Int) in String(decoding: fields[index], as: UTF8.self) }
        guard fields.count == 11, let eventNs = Int64(text(10)), text(6) == "BUY" || text(6) == "SELL" else {
            throw Problem(text: "not a fill: \(String(decoding: line, as: UTF8.self))")
        }
        let key = [text(3), text(4), text(5)]
        if handles[key] == nil {
            handles[key] = UInt32(keys.count)
            keys.append(key)
        }
        fills.append(
            Records.fill(
                text(0), buy: text(6) == "BUY", qty: try Self.units(fields[7]),
                price: try Self.units(fields[8]),
                handle: handles[key] ?? 0, order: text(1), fee: try Self.units(fields[9]), eventNs: eventNs,
                sourceRef: UInt64(fills.count)))
    }

    func keyRecord(_ handle: Int) -> pks_key_record {
        Records.key(account: keys[handle][0], strategy: keys[handle][1], symbol: keys[handle][2])
    }

    /// A decimal in units of 10^-8.
    private static func units(_ field: ArraySlice<UInt8>) throws -> Int64 {
        let halves = field.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let fraction = halves.count == 2 ? Array(halves[1]) : []
        guard let whole = halves.first, halves.count <= 2, fraction.count <= 8,
            let units = Int64(
                String(decoding: whole + fraction, as: UTF8.self)
                    + String(repeating: "0", count: 8 - fraction.count))
        else { throw Problem(text: "not a number: \(String(decoding: field, as: UTF8.self))") }
        return units
    }

    private static func inflated(_ name: String) throws -> [UInt8] {
        // SAFETY (all of this function): the file is open until the close, and the buffer as long as said.
        guard let file = unsafe gzopen(Fixture.url(name).path, "rb") else {
            throw Problem(text: "cannot open \(name)")
        }
        defer { unsafe gzclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe gzread(file, $0.baseAddress, UInt32($0.count))
            }
            if count == 0 { return bytes }
            guard count > 0 else { throw Problem(text: "cannot inflate \(name)") }
            bytes += buffer[0..<Int(count)]
        }
    }
}
