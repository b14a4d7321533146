/// The daemon's figures for others: OpenMetrics text, JSON, and both over HTTP, on a socket of the file system for
/// this user and, if wanted, on TCP. This room only looks at figures: it knows no ring, no book and no segment, and
/// nothing that a client does reaches a writer.
import CMicrohttpd
import Glibc
public import Service
import ShmFiles

/// Serves figures until it is stopped. Its methods belong to one thread at a time; the figures are asked for on
/// threads of the HTTP library.
@safe
public final class TelemetryServer {
    /// Where the figures come from: called on any thread, one call at a time for each socket, and expected to
    /// answer at once.
    public typealias Source = @Sendable () -> ServiceStats

    /// The socket of the file system.
    public let socketPath: String
    /// The TCP address with the port that it got; nil without one.
    public let address: ListenAddress?

    // SAFETY: daemons of the library, each running from its start until `stop`, which takes it out of here.
    private var daemons: [OpaquePointer] = unsafe []
    /// What the library's threads are given; it lives longer than they do.
    private let context: TelemetryContext

    /// Begins to serve: on `pks-<pid>.sock` in the run directory, which is made when it is missing, and on
    /// `address`. Sockets of dead daemons in the directory are removed. `version` is that of the program.
    /// Throws when a socket cannot be made; then nothing is served and nothing is left behind. Allocates.
    public init(
        runDirectory: String, address: ListenAddress?, version: String, source: @escaping Source
    ) throws(TelemetryError) {
        context = TelemetryContext(version: version, source: source)
        socketPath = DaemonSockets.path(pid: getpid(), runDirectory: runDirectory)
        if socketPath.utf8.count > UnixAddress.pathBytesMax {
            throw .pathTooLong(path: socketPath, bytesMax: UnixAddress.pathBytesMax)
        }
        do throws(SystemError) { try Paths.makeDirectory(runDirectory, mode: 0o700) } catch {
            throw .system(operation: error.operation, object: error.object, code: error.code)
        }
        DaemonSockets.removeDead(in: runDirectory)
        // TCP comes first: it is what can fail for reasons that somebody has to act on.
        let tcp = try address.map { stated throws(TelemetryError) in try Self.listen(stated) }
        self.address = tcp?.address
        do throws(TelemetryError) {
            if let tcp { try serve(tcp.descriptor, name: "metrics on \(tcp.address)") }
            let unix = try ListeningSocket.unix(path: socketPath)
            try serve(unix.descriptor, name: socketPath)
        } catch {
            stop()
            throw error
        }
    }

    /// Ends the service: requests under way are cut, threads have ended and the socket is gone when this returns.
    /// Again: nothing.
    public func stop() {
        if unsafe !daemons.isEmpty { try? Paths.remove(socketPath) }
        // SAFETY: each daemon runs and is stopped once.
        while let daemon = unsafe daemons.popLast() { unsafe MHD_stop_daemon(daemon) }
    }

    deinit { stop() }

    private static func listen(
        _ address: ListenAddress
    ) throws(TelemetryError) -> (descriptor: Int32, address: ListenAddress) {
        let made = try ListeningSocket.tcp(address)
        return (made.socket.descriptor, made.address)
    }

    private func serve(_ descriptor: Int32, name: String) throws(TelemetryError) {
        // SAFETY: the context lives in `self`, whose deinit stops the library's threads.
        let daemon = unsafe pks_http_start(
            descriptor, answerRequest, Unmanaged.passUnretained(context).toOpaque(),
            TelemetryContext.connectionsMax, TelemetryContext.timeoutSeconds,
            TelemetryContext.connectionBytes)
        guard let daemon = unsafe daemon else {
            _ = close(descriptor)
            throw .library(object: name)
        }
        unsafe daemons.append(daemon)
    }
}

/// What the library's threads know.
final class TelemetryContext: Sendable {
    /// Enough for a few scrapers and people; more are closed at once.
    static let connectionsMax: UInt32 = 16
    static let timeoutSeconds: UInt32 = 10
    /// For the head of a request and of its answer.
    static let connectionBytes = 16 * 1024

    let version: String
    let source: TelemetryServer.Source

    init(version: String, source: @escaping TelemetryServer.Source) {
        self.version = version
        self.source = source
    }
}

/// Called by the library, on its thread. The answer is queued before a body could come, and the connection closes
/// after it: nobody here reads bodies.
private func answerRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ body: UnsafePointer<CChar>?,
    _ bodySize: UnsafeMutablePointer<Int>?, _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    // SAFETY: the library hands its own pointers, which live for the call; the context is the server's.
    guard let context = unsafe context, let url = unsafe url, let method = unsafe method else { return .NO }
    // Whoever asks without end gets what the writers leave: this thread is less urgent than they are.
    let process = Int32(PRIO_PROCESS.rawValue)
    if getpriority(process, 0) < 10 { _ = setpriority(process, 0, 10) }
    let telemetry = unsafe Unmanaged<TelemetryContext>.fromOpaque(context).takeUnretainedValue()
    let answer = unsafe TelemetryAnswer.to(
        method: String(cString: method), path: String(cString: url), version: telemetry.version,
        stats: telemetry.source)
    var bytes = answer.body
    // The library copies the body, and leaves it out for HEAD by itself.
    let made = unsafe bytes.withUnsafeMutableBytes {
        unsafe MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
    }
    guard let response = unsafe made else { return .NO }
    defer { unsafe MHD_destroy_response(response) }
    unsafe MHD_add_response_header(response, "Content-Type", answer.contentType)
    unsafe MHD_add_response_header(response, "Cache-Control", "no-store")
    unsafe MHD_add_response_header(response, "Connection", "close")
    if answer.status == 405 { unsafe MHD_add_response_header(response, "Allow", "GET, HEAD") }
    return unsafe MHD_queue_response(connection, answer.status, response)
}
