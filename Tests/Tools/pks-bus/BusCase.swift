import Foundation
import NATSBridge
import NATSSupport
import TestSupport

/// What is done to a book on the bus while fills flow.
enum BusCase: String, CaseIterable {
    /// Nothing.
    case plain
    /// kill -9 of the server, and a new start.
    case serverKill = "server-kill"
    /// The server is stopped for a while and goes on.
    case serverStop = "server-stop"
    /// The daemon's connections are cut.
    case cut
    /// What the daemon says gets lost for a while, acknowledgements among it; then its connections are cut.
    case acksLost = "acks-lost"
    /// The server has forgotten what was acknowledged.
    case redeliveries
    /// The server has lost the end of all its streams; their numbers are given again.
    case truncated
    /// kill -9 of the daemon at random moments.
    case pksKill = "pks-kill"
    /// The server is away while fills come through a ring.
    case outage

    func run(_ options: BusToolOptions, _ version: NATSServer.Version, _ outcome: inout BusOutcome) throws {
        let scene = try BusScene(options, version, withProxy: self == .cut || self == .acksLost)
        defer { scene.proxy?.end() }
        let flow = try BusFlow(scene, count: options.fills, shares: shares)
        var random = SeededRandom(
            seed: options.seed ^ UInt64(rawValue.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }))
        try scene.startDaemon()
        switch self {
        case .plain: try scene.publish(flow.whole)
        case .redeliveries: try redeliver(scene, flow, &outcome)
        case .truncated: try truncate(scene, flow, &outcome)
        case .outage: try outage(scene, flow, &outcome)
        case .serverKill, .serverStop, .cut, .acksLost, .pksKill:
            try disturb(scene, flow, &random, &outcome)
        }
        var proof = BusProof(scene, flow)
        outcome.note = try proof.prove()
        try scene.stopDaemon()
    }

    private var shares: [Double] {
        switch self {
        case .redeliveries: [0.99, 0.01]
        case .truncated: [0.4, 0.3, 0.3]
        case .outage: [0.3, 0.7]
        default: [1]
        }
    }

    // MARK: - Again and again while fills flow

    private func disturb(
        _ scene: BusScene, _ flow: BusFlow, _ random: inout SeededRandom, _ outcome: inout BusOutcome
    ) throws {
        let isShort = scene.options.isShort
        let rounds = self == .serverStop ? (isShort ? 1 : 2) : isShort ? 3 : self == .pksKill ? 40 : 8
        // So that the flow lasts as long as the disturbances.
        let rate = max(500, scene.options.fills * 2 / (rounds * (isShort ? 1 : 3)))
        let publisher = try scene.publishing(flow.whole, rate: rate)
        for round in 1...rounds {
            let share = Double(round) / Double(rounds + 1)
            let target = Int(Double(flow.applied) * share)
            try scene.awaiting("\(target) events on the bus") { scene.eventCount >= target }
            scene.pause(ms: Int32.random(in: 0...30, using: &random))
            try strike(scene, &random)
            outcome.injected += 1
        }
        try scene.finish(publisher)
    }

    private func strike(_ scene: BusScene, _ random: inout SeededRandom) throws {
        switch self {
        case .serverKill:
            scene.server.kill()
            scene.pause(ms: Int32.random(in: 0...300, using: &random))
            try scene.server.start()
        case .serverStop:
            scene.server.pause()
            scene.pause(ms: scene.options.isShort ? 3000 : 60_000)
            scene.server.resume()
        case .cut: scene.proxy?.cut()
        case .acksLost:
            scene.proxy?.swallow(true)
            scene.pause(ms: Int32.random(in: 20...400, using: &random))
            scene.proxy?.cut()
            scene.proxy?.swallow(false)
        case .pksKill:
            scene.killDaemon()
            try scene.startDaemon()
        default: preconditionFailure("\(self) is no strike")
        }
    }

    // MARK: - Once

    private func redeliver(_ scene: BusScene, _ flow: BusFlow, _ outcome: inout BusOutcome) throws {
        let consumer = BusNames.subject(scene.names.consumer, book: scene.book)
        try scene.awaiting("the consumer") {
            (try? scene.jetStream().consumer(consumer, of: scene.names.bookingStream)) ?? nil != nil
        }
        try scene.stopDaemon()
        scene.server.stop()
        let state = "\(scene.server.storePath)/jetstream/$G/streams/\(scene.names.bookingStream)/obs"
        let saved = scene.directory.file("consumers")
        try FileManager.default.copyItem(atPath: state, toPath: saved)
        try scene.server.start()
        try scene.startDaemon()
        // A message a fill, so that as many come again.
        try scene.finish(
            scene.pks(
                ["publish", flow.parts[0], "--nats", scene.server.url, "--book", scene.book], "publish-0"))
        let sent = try scene.stream(scene.names.bookingStream)?.lastSequence ?? 0
        try scene.awaiting("everything acknowledged") {
            let now = (try? scene.jetStream().consumer(consumer, of: scene.names.bookingStream)) ?? nil
            return (now?.ackedStreamSequence ?? 0) >= sent
        }
        scene.killDaemon()
        scene.server.kill()
        try FileManager.default.removeItem(atPath: state)
        try FileManager.default.copyItem(atPath: saved, toPath: state)
        try scene.server.start()
        try scene.startDaemon()
        outcome.injected = Int(sent)
        try scene.publish(flow.parts[1], name: "publish-1")
    }

    private func truncate(_ scene: BusScene, _ flow: BusFlow, _ outcome: inout BusOutcome) throws {
        let applied = flow.appliedThrough
        try scene.publish(flow.parts[0], name: "publish-0")
        try scene.awaiting("the first part") { scene.eventCount >= applied[0] }
        scene.server.stop()
        try scene.server.saveStore(as: "older")
        try scene.server.start()
        try scene.publish(flow.parts[1], name: "publish-1")
        try scene.awaiting("the second part") { scene.eventCount >= applied[1] }
        scene.server.kill()
        try scene.server.restoreStore(from: "older")
        try scene.server.start()
        outcome.injected = applied[1] - applied[0]
        try scene.publish(flow.parts[2], name: "publish-2")
    }

    private func outage(_ scene: BusScene, _ flow: BusFlow, _ outcome: inout BusOutcome) throws {
        try scene.publish(flow.parts[0], name: "publish-0")
        let applied = flow.appliedThrough[0]
        try scene.awaiting("the first part") { scene.eventCount >= applied }
        scene.server.kill()
        try scene.run(
            [
                "feed", flow.parts[1], "--book", scene.book, "--producer", "gateway", "--allow-rejects",
                "--wait",
                "durable",
            ], "feed")
        try scene.server.start()
        outcome.injected = flow.applied - applied
    }
}
