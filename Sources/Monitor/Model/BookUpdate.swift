package import CSeqlock
package import ShmReader

/// What one look at a book has found.
package struct BookUpdate: Sendable {
    /// A slot that was not known before.
    package struct NewKey: Sendable {
        package let slot: Int
        package let key: PositionKey

        package init(slot: Int, key: PositionKey) {
            self.slot = slot
            self.key = key
        }
    }

    /// The newest value of a slot.
    package struct Change: Sendable {
        package let slot: Int
        package let position: pks_position

        package init(slot: Int, position: pks_position) {
            self.slot = slot
            self.position = position
        }
    }

    /// The book's name.
    package let book: String
    /// How it is.
    package var health: BookHealth
    /// Another segment has taken the place of the one before: slot numbers of before mean nothing.
    package var isNewLife = false
    /// Slots claimed since the look before.
    package var keys: [NewKey] = []
    /// Slots that have changed since, each once.
    package var changes: [Change] = []

    /// A look that found nothing new in the slots.
    package init(book: String, health: BookHealth) {
        self.book = book
        self.health = health
    }
}
