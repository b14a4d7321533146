/// A key that was pressed, or what else a terminal may say.
package enum Key: Hashable, Sendable {
    /// A character.
    case character(Character)
    /// The arrows.
    case up, down, left, right
    /// A screen on or back.
    case pageUp, pageDown
    /// To the first and the last.
    case home, end
    /// The large key.
    case enter
    /// The key at the top left.
    case escape
    /// Takes back a character.
    case backspace
    /// Control with a letter.
    case control(Character)
}
