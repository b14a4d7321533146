internal import CNATS

// SAFETY: `handle` is this value's own from init to deinit; texts passed to the library live for the call, which
// copies them.
/// The library's options for one connection to one server. Nothing that matters is left at the library's default.
@safe
struct ConnectionSettings: ~Copyable {
    let handle: OpaquePointer

    /// The library's defaults.
    init() throws(BusError) {
        var made: OpaquePointer?
        let status = unsafe natsOptions_Create(&made)
        guard status == NATS_OK, let made = unsafe made else { throw BusError(status, "options") }
        unsafe handle = made
    }

    deinit { unsafe natsOptions_Destroy(handle) }

    /// Sets everything; `context` is what the callbacks get. Throws `badOptions`.
    func set(
        _ options: NATSOptions, _ server: NATSAddress, _ context: UnsafeMutableRawPointer
    ) throws(BusError) {
        try setBasics(options, server)
        try setIdentity(options)
        if options.isSecure(server) { try setSecurity(options.security ?? .init(), server) }
        try check(unsafe natsOptions_SetErrorHandler(handle, noteConnectionError, context), "error handler")
        try check(unsafe natsOptions_SetClosedCB(handle, noteConnectionClosed, context), "closed handler")
    }

    private func setBasics(_ options: NATSOptions, _ server: NATSAddress) throws(BusError) {
        try check(unsafe natsOptions_SetURL(handle, server.url), "server \(server)")
        try check(unsafe natsOptions_SetName(handle, options.clientName), "client name")
        try check(unsafe natsOptions_SetTimeout(handle, options.connectMs), "connect timeout")
        // One life a connection: see NATSConnection.
        try check(unsafe natsOptions_SetAllowReconnect(handle, false), "reconnect")
        try check(unsafe natsOptions_SetRetryOnFailedConnect(handle, false, nil, nil), "retry")
        try check(unsafe natsOptions_SetIgnoreDiscoveredServers(handle, true), "discovered servers")
        try check(unsafe natsOptions_SetFailRequestsOnDisconnect(handle, true), "requests")
        try check(unsafe natsOptions_SetPingInterval(handle, options.pingMs), "ping interval")
        try check(
            unsafe natsOptions_SetMaxPingsOut(handle, Int32(clamping: options.pingsUnansweredMax)), "pings")
        try check(unsafe natsOptions_SetWriteDeadline(handle, options.writeMs), "write deadline")
        try check(unsafe natsOptions_SetNoEcho(handle, false), "echo")
    }

    private func setIdentity(_ options: NATSOptions) throws(BusError) {
        switch options.identity {
        case .asAddressed: break
        case .credentials(let path):
            try IdentityFile.check(path, has: ["-----BEGIN NATS USER JWT", "-----BEGIN USER NKEY SEED"])
            try check(
                unsafe natsOptions_SetUserCredentialsFromFiles(handle, path, nil), "credentials \(path)")
        case .nkey(let publicKey, let path):
            try IdentityFile.check(path, has: ["SU"])
            try check(unsafe natsOptions_SetNKeyFromSeed(handle, publicKey, path), "NKey \(publicKey)")
        }
    }

    private func setSecurity(_ security: NATSOptions.Security, _ server: NATSAddress) throws(BusError) {
        try check(unsafe natsOptions_SetSecure(handle, true), "TLS")
        if let path = security.authorityPath {
            try check(unsafe natsOptions_LoadCATrustedCertificates(handle, path), "TLS authority \(path)")
        }
        switch (security.certificatePath, security.keyPath) {
        case (nil, nil): break
        case (let certificate?, let key?):
            try check(
                unsafe natsOptions_LoadCertificatesChain(handle, certificate, key),
                "TLS certificate \(certificate)")
        default: throw .badOptions(reason: "a TLS certificate and its key must be named together")
        }
        try check(unsafe natsOptions_SkipServerVerification(handle, false), "TLS verification")
        // The library looks at the name in the certificate only when it is told which one to expect.
        try check(
            unsafe natsOptions_SetExpectedHostname(handle, security.hostname ?? server.host), "TLS hostname")
    }

    private func check(_ status: natsStatus, _ what: String) throws(BusError) {
        if status == NATS_OK { return }
        let reason = BusError(status, what)
        throw .badOptions(reason: "NATS: \(what) is not usable: \(reason.description)")
    }
}
