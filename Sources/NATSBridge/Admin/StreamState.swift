internal import CNATS

/// What a stream is at a moment.
public struct StreamState: Equatable, Sendable {
    /// Its name.
    public var name: String
    /// When it was made, ns since 1970. Another value under the same name is another stream.
    public var createdNs: Int64
    /// The oldest message that is still there; last + 1 when there is none.
    public var firstSequence: UInt64
    /// The newest message that there ever was in this life of the stream, as far as the server remembers.
    public var lastSequence: UInt64
    /// Messages that are there.
    public var messageCount: UInt64
    /// Bytes they take.
    public var byteCount: UInt64
    /// For how long ids are remembered, ns.
    public var duplicateWindowNs: Int64
    /// What is put into it; with wildcards.
    public var subjects: [String]
    /// It is kept on disk.
    public var isOnDisk: Bool
    /// Messages stay until a limit is reached, whoever has read them.
    public var isKeptToLimits: Bool

    /// A state of these parts.
    public init(
        name: String, createdNs: Int64, firstSequence: UInt64, lastSequence: UInt64, messageCount: UInt64 = 0,
        byteCount: UInt64 = 0, duplicateWindowNs: Int64 = 0, subjects: [String] = [], isOnDisk: Bool = true,
        isKeptToLimits: Bool = true
    ) {
        self.name = name
        self.createdNs = createdNs
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
        self.messageCount = messageCount
        self.byteCount = byteCount
        self.duplicateWindowNs = duplicateWindowNs
        self.subjects = subjects
        self.isOnDisk = isOnDisk
        self.isKeptToLimits = isKeptToLimits
    }

    /// From what the library gave. The pointer lives for the call.
    init(_ info: UnsafePointer<jsStreamInfo>) {
        // SAFETY (all of it): what the library fills in is whole, with texts that end in NUL and counted lists.
        let state = unsafe info.pointee.State
        unsafe self.init(
            name: info.pointee.Config.pointee.Name.map { unsafe String(cString: $0) } ?? "",
            createdNs: info.pointee.Created, firstSequence: state.FirstSeq, lastSequence: state.LastSeq,
            messageCount: state.Msgs, byteCount: state.Bytes,
            duplicateWindowNs: info.pointee.Config.pointee.Duplicates,
            isOnDisk: info.pointee.Config.pointee.Storage == js_FileStorage,
            isKeptToLimits: info.pointee.Config.pointee.Retention == js_LimitsPolicy)
        for place in 0..<Int(unsafe info.pointee.Config.pointee.SubjectsLen) {
            if let text = unsafe info.pointee.Config.pointee.Subjects[place] {
                subjects.append(unsafe String(cString: text))
            }
        }
    }
}
