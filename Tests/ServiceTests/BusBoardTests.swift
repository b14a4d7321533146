import Testing

@testable import Service

/// Who is asked how a book's bus is.
@Suite struct BusBoardTests {
    @Test func `A daemon of many days may ask as often as it likes`() {
        let board = BusBoard()
        #expect(board.current == nil)
        var told = BusStatus()
        told.ingest.takenSeq = 7
        let status = told
        board.set { status }
        // A hundred a second, for an hour. Each call that leaves something on the way to the next ends in a full stack.
        for _ in 0..<360_000 where board.current?.ingest.takenSeq != 7 { Issue.record("another answer") }
        board.set(nil)
        #expect(board.current == nil)
    }
}
