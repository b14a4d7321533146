import Configuration
import NATSBridge

/// The value of `--nats`: addresses of servers with commas between. No message shows what is before an `@`.
enum ServerList {
    /// Reads it. Throws `usage`.
    static func read(_ text: String) throws(CommandError) -> [NATSAddress] {
        var servers: [NATSAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            do throws(BusError) { servers.append(try NATSAddress(String(part))) } catch {
                throw .failed(
                    .usage, what: "--nats \(shown(ServerText.hidden(text)))",
                    why: "not the address of a server",
                    advice: "write nats://host:4222 or tls://host, with commas between several")
            }
        }
        return servers
    }
}
