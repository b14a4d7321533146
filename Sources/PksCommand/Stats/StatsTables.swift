import PositionText
import Telemetry

/// A daemon's figures as tables for people.
struct StatsTables {
    let daemon: JSONValue

    private var books: [JSONValue] { daemon["books"]?.elements ?? [] }

    func text(_ terminal: Terminal) -> String {
        var text = head() + "\n\n" + bookTable().text(terminal)
        let others = [
            ringTable(), ingestTable(), publisherTable(), refusedTable(), reasonTable(), distinctTable(),
        ]
        for table in others.compactMap({ $0 }) { text += "\n" + table.text(terminal) }
        for line in busLines() { text += "\n" + visible(line) + "\n" }
        for book in books {
            let untold = book["rejects_not_told"]?.plainText ?? "0"
            if untold != "0" {
                text +=
                    "\n"
                    + visible("\(field(book, "book")): \(untold) more rejects were too many to tell apart")
                    + "\n"
            }
        }
        return text
    }

    private func head() -> String {
        let bytes = Int(daemon["resident_bytes"]?.plainText ?? "") ?? 0
        return visible(
            "pks \(field(daemon, "version")), process \(field(daemon, "pid")), started "
                + "\(field(daemon, "started")), up \(seconds(daemon, "uptime_seconds")) s, processor "
                + "\(seconds(daemon, "cpu_seconds")) s, memory \(bytes >> 20) MiB")
    }

    private func bookTable() -> TextTable {
        var table = TextTable(
            Self.columns(
                "BOOK STATE METHOD +FILLS +DUPLICATES +CONFLICTS +REJECTS +LATE +MATCHES +LOTS +POSITIONS +APPLIED "
                    + "+DURABLE +BEAT NOTE"))
        for book in books {
            let reasons = (book["degraded_reasons"]?.elements ?? []).map(\.plainText)
            table.add(
                ["book", "state", "method", "fills", "duplicates", "conflicts", "rejects", "late", "matches"]
                    .map { field(book, $0) } + [
                        field(book, "open_lots"),
                        field(book, "positions") + "/" + field(book, "positions_max"),
                        field(book, "applied_seq"),
                        book["journal"] == .flag(true) ? field(book, "durable_seq") : "-",
                        seconds(book, "heartbeat_age_seconds") + "s", reasons.joined(separator: ", "),
                    ])
        }
        return table
    }

    private func ringTable() -> TextTable? {
        var table = TextTable(
            Self.columns(
                "BOOK PRODUCER STATE ALIVE +LAG +WAITED +RETAINED +PUBLISHED +FILLS +DUPLICATES +REJECTS NOTE"
            ))
        var count = 0
        for book in books {
            for ring in book["rings"]?.elements ?? [] {
                count += 1
                table.add([
                    field(book, "book"), field(ring, "producer"), field(ring, "state"),
                    ring["producer_alive"] == .flag(true) ? "yes" : "no", field(ring, "lag_records"),
                    seconds(ring, "lag_seconds") + "s",
                    field(ring, "retained_records") + "/" + field(ring, "capacity_records"),
                    field(ring, "published_records"), field(ring, "fills"), field(ring, "duplicates"),
                    field(ring, "rejects"), field(ring, "quarantine_reason"),
                ])
            }
        }
        return count == 0 ? nil : table
    }

    private func ingestTable() -> TextTable? {
        side(
            "BOOK BUS_IN SERVER +STREAM_SEQ +DURABLE +PENDING +UNACKED +MESSAGES +FILLS +AGAIN +POISON +REJECTS",
            "ingest",
            [
                "state", "server", "stream_seq", "durable_stream_seq", "pending", "unacknowledged",
                "messages",
                "fills", "redelivered", "poison", "rejects",
            ])
    }

    private func publisherTable() -> TextTable? {
        side(
            "BOOK BUS_OUT SERVER +PUBLISHED +LAG +STORED +FOUND +UNDER_WAY +UNSENT +RESENT +CONFLATED +REFUSED",
            "publisher",
            [
                "state", "server", "published_seq", "lag_records", "stored", "found", "under_way", "unsent",
                "resent", "conflated", "refused",
            ])
    }

    /// A line a book that is on a bus; nil when none is.
    private func side(_ columns: String, _ side: String, _ names: [String]) -> TextTable? {
        var table = TextTable(Self.columns(columns))
        var count = 0
        for book in books {
            guard let figures = book["bus"]?[side] else { continue }
            count += 1
            table.add([field(book, "book")] + names.map { field(figures, $0) })
        }
        return count == 0 ? nil : table
    }

    /// What is wrong with the bus, and the last alarms, in words.
    private func busLines() -> [String] {
        var lines: [String] = []
        for book in books {
            for side in ["ingest", "publisher"] {
                guard let figures = book["bus"]?[side] else { continue }
                for (name, title) in [("trouble", ""), ("last_alarm", "last alarm: ")] {
                    guard let value = figures[name], value != .null else { continue }
                    lines.append("\(field(book, "book")): bus, \(side): \(title)\(value.plainText)")
                }
            }
        }
        return lines
    }

    private func refusedTable() -> TextTable? {
        rows("BOOK REFUSED_RING REASON", "refused_rings") { [field($0, "producer"), field($0, "reason")] }
    }

    private func reasonTable() -> TextTable? {
        var table = TextTable(Self.columns("BOOK REJECTED_FOR +COUNT"))
        var count = 0
        for book in books {
            for reason in book["rejects_by_reason"]?.fields ?? [] {
                count += 1
                table.add([field(book, "book"), reason.name, reason.value.plainText])
            }
        }
        return count == 0 ? nil : table
    }

    private func distinctTable() -> TextTable? {
        rows(
            "BOOK REJECTED_FOR PRODUCER ACCOUNT STRATEGY SYMBOL +COUNT FIRST LAST LAST_TRADE_ID +SOURCE",
            "distinct_rejects"
        ) { reject in
            [
                "reason", "producer", "account", "strategy", "symbol", "count", "first", "last",
                "last_trade_id",
                "last_source_ref",
            ].map { field(reject, $0) }
        }
    }

    /// A table of what is in an array of each book; nil when there is nothing.
    private func rows(_ columns: String, _ name: String, _ cells: (JSONValue) -> [String]) -> TextTable? {
        var table = TextTable(Self.columns(columns))
        var count = 0
        for book in books {
            for item in book[name]?.elements ?? [] {
                count += 1
                table.add([field(book, "book")] + cells(item))
            }
        }
        return count == 0 ? nil : table
    }

    /// Columns by name; those with a plus are numbers.
    private static func columns(_ names: String) -> [TextTable.Column] {
        names.split(separator: " ").map { name in
            TextTable.Column(
                name: String(name.drop { $0 == "+" }).replacing("_", with: " "),
                isNumber: name.hasPrefix("+"))
        }
    }

    private func field(_ value: JSONValue, _ name: String) -> String { value[name]?.plainText ?? "" }

    /// Seconds to the millisecond.
    private func seconds(_ value: JSONValue, _ name: String) -> String {
        let text = field(value, name)
        guard let point = text.firstIndex(of: ".") else { return text }
        return String(text[..<point]) + String(text[point...].prefix(4))
    }
}
