import Foundation
import TestSupport

/// A server's operator with accounts and users: JWTs signed with Ed25519 keys, as `nsc` makes them. openssl makes keys and
/// signatures.
package struct TestOperator {
    /// What a key is for: the first letter of its public text.
    private enum Kind: UInt8 {
        case account = 0x00
        case `operator` = 0x70
        case user = 0xa0
    }

    /// One key pair.
    private struct KeyPair {
        let file: String
        let publicText: String
        let seedText: String
    }

    private let place: TestDirectory
    private let ownKey: KeyPair
    private let account: KeyPair
    private let systemAccount: KeyPair
    private let user: KeyPair
    private let userToken: String
    /// A server's lines of configuration: only users of this operator are let in.
    package let settings: String

    /// Makes an operator with one account and one user.
    package init() throws {
        place = try TestDirectory()
        ownKey = try Self.makeKey(.operator, "operator", in: place)
        account = try Self.makeKey(.account, "account", in: place)
        systemAccount = try Self.makeKey(.account, "system", in: place)
        user = try Self.makeKey(.user, "user", in: place)
        let place = place
        let ownKey = ownKey
        func token(_ subject: KeyPair, by signer: KeyPair, _ name: String, _ claims: String) throws -> String
        {
            try Self.token(
                "{\"iat\":1700000000,\"iss\":\"\(signer.publicText)\",\"jti\":\"\(name)\",\"name\":\"\(name)\","
                    + "\"sub\":\"\(subject.publicText)\",\"nats\":{\(claims),\"version\":2}}", by: signer,
                in: place)
        }
        let limits =
            #""limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,"leaf":-1,"#
            + #""mem_storage":-1,"disk_storage":-1,"streams":-1,"consumer":-1},"type":"account""#
        let systemLimits =
            #""limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,"leaf":-1},"#
            + #""type":"account""#
        userToken = try token(
            user, by: account, "desk", #""subs":-1,"data":-1,"payload":-1,"type":"user""#)
        settings = """
            operator: "\(try token(ownKey, by: ownKey, "house", #""type":"operator""#))"
            system_account: "\(systemAccount.publicText)"
            resolver: MEMORY
            resolver_preload: {
              \(account.publicText): "\(try token(account, by: ownKey, "books", limits))"
              \(systemAccount.publicText): "\(try token(systemAccount, by: ownKey, "system", systemLimits))"
            }
            """
    }

    /// The public key of the user.
    package var publicUser: String { user.publicText }

    /// What must not be seen of it anywhere: the user's seed and token.
    package var secrets: [String] { [user.seedText, userToken] }

    /// Writes the user's credentials, as `nsc` does, and returns their path.
    package func writeCredentials(_ name: String = "user.creds") throws -> String {
        try place.write(
            name,
            """
            -----BEGIN NATS USER JWT-----
            \(userToken)
            ------END NATS USER JWT------

            ************************* IMPORTANT *************************
            NKEY Seed printed below can be used to sign and prove identity.

            -----BEGIN USER NKEY SEED-----
            \(user.seedText)
            ------END USER NKEY SEED------

            *************************************************************

            """)
    }

    // MARK: - Keys and tokens

    private static func makeKey(_ kind: Kind, _ name: String, in place: TestDirectory) throws -> KeyPair {
        let file = place.file(name + ".pem")
        try TestCertificates.openssl(["genpkey", "-algorithm", "ed25519", "-out", file])
        let der = place.file(name + ".der")
        try TestCertificates.openssl(["pkey", "-in", file, "-outform", "DER", "-out", der])
        // Both forms end in the 32 bytes of the key itself.
        let seed = try Files.bytes(der).suffix(32)
        try TestCertificates.openssl(["pkey", "-in", file, "-pubout", "-outform", "DER", "-out", der])
        let publicKey = try Files.bytes(der).suffix(32)
        let seedMark: [UInt8] = [0x90 | kind.rawValue >> 5, (kind.rawValue & 31) << 3]
        return KeyPair(
            file: file, publicText: text([kind.rawValue] + publicKey), seedText: text(seedMark + seed))
    }

    private static func token(_ claims: String, by signer: KeyPair, in place: TestDirectory) throws -> String
    {
        let head = webBase64(Data(#"{"typ":"JWT","alg":"ed25519-nkey"}"#.utf8))
        let signed = head + "." + webBase64(Data(claims.utf8))
        let (input, output) = (try place.write("signed", signed), place.file("signature"))
        try TestCertificates.openssl([
            "pkeyutl", "-sign", "-rawin", "-inkey", signer.file, "-in", input, "-out", output,
        ])
        return signed + "." + webBase64(Data(try Files.bytes(output)))
    }

    private static func webBase64(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
    }

    /// Base 32 of the bytes and their CRC-16 (XMODEM, little-endian), as NKeys are written.
    private static func text(_ bytes: [UInt8]) -> String {
        var crc: UInt16 = 0
        for byte in bytes {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        }
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (text, bits, count) = ("", 0, 0)
        for byte in bytes + [UInt8(crc & 0xff), UInt8(crc >> 8)] {
            bits = (bits << 8 | Int(byte)) & 0xffff
            count += 8
            while count >= 5 {
                count -= 5
                text.append(letters[bits >> count & 31])
            }
        }
        if count > 0 { text.append(letters[bits << (5 - count) & 31]) }
        return text
    }
}

/// A user that is known by an NKey alone.
package enum TestUser {
    /// Its public key.
    package static let publicKey = "UCVHYRNY657SGXAUDEAQMSYV7JRK4FVT6XBBX6EHDHFJBNIATS5V3NYH"
    /// Its seed.
    package static let seed = "SUAKBT5HXBXZX53AW7JJZ46CUCNOVJP4H5DF37VC4HP23YYXCVKIQ3SACI"
    /// A server's lines of configuration: only this user is let in.
    package static let settings = "authorization { users: [ { nkey: \(publicKey) } ] }"
}
