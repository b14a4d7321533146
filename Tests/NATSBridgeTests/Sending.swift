import NATSBridge

extension NATSConnection {
    /// The bytes of an array.
    func send(
        _ subject: String, _ bytes: [UInt8], reply: String = "", headers: [(name: String, value: String)] = []
    ) throws(BusError) {
        // SAFETY: the bytes live for the closure; a typed throw leaves through a result.
        let result = unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(BusError) in
                if headers.isEmpty {
                    try unsafe publish(subject, bytes, reply: reply)
                } else {
                    try unsafe publish(subject, bytes, reply: reply, headers: headers)
                }
            }
        }
        try result.get()
    }

    /// Stores a message, and waits until the server says that it has: its place in the stream.
    func store(_ subject: String, _ bytes: [UInt8]) throws(BusError) -> String {
        // SAFETY: as above.
        let result = unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(BusError) in
                String(decoding: try unsafe request(subject, bytes).payload, as: UTF8.self)
            }
        }
        return try result.get()
    }
}
