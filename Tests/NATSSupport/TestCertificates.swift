import TestSupport

/// An authority, and a server's certificate by it for `localhost`, made with openssl.
package struct TestCertificates {
    private let place: TestDirectory
    /// Those who may sign.
    package var authority: String { place.file("ca.pem") }

    /// openssl said no.
    package struct Failed: Error { let arguments: [String] }

    /// Makes them, for two days.
    package init() throws {
        place = try TestDirectory()
        try place.write("names", "subjectAltName=DNS:localhost\n")
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try Self.openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=pks test authority"] + curve + [
                "-keyout", place.file("ca.key"), "-out", place.file("ca.pem"),
            ])
        try Self.openssl(
            ["req", "-subj", "/CN=localhost"] + curve + [
                "-keyout", place.file("server.key"), "-out", place.file("server.csr"),
            ])
        try Self.openssl([
            "x509", "-req", "-in", place.file("server.csr"), "-CA", place.file("ca.pem"), "-CAkey",
            place.file("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", place.file("names"), "-out",
            place.file("server.pem"),
        ])
    }

    /// A server's lines of configuration: TLS, and nothing without it.
    package var settings: String {
        "tls { cert_file: \"\(place.file("server.pem"))\", key_file: \"\(place.file("server.key"))\" }"
    }

    static func openssl(_ arguments: [String]) throws {
        let process = try Subprocess(
            ["openssl"] + arguments, output: .file("/dev/null"), errors: .file("/dev/null"))
        if process.wait() != 0 { throw Failed(arguments: arguments) }
    }
}
