/// What a cell of the screen means. Which colour that is, the theme decides.
package struct Style: Hashable, Sendable {
    /// The meaning.
    package enum Role: UInt8, Sendable, CaseIterable {
        /// Text like any other.
        case plain
        /// What matters less: labels, units, values of a writer that is gone.
        case quiet
        /// The line at the top.
        case title
        /// The heads of columns.
        case head
        /// The head of the column that rows are sorted by.
        case sortedHead
        /// All is well.
        case good
        /// Worth a look.
        case warning
        /// Wrong.
        case bad
        /// A number below zero.
        case negative
        /// A number that has just become larger.
        case rose
        /// A number that has just become smaller.
        case fell
        /// The sparkline.
        case spark
        /// A key that can be pressed.
        case key
    }

    /// The meaning.
    package var role: Role
    /// The cell belongs to the selected row.
    package var isSelected: Bool

    /// A style of a meaning.
    package init(_ role: Role, isSelected: Bool = false) {
        self.role = role
        self.isSelected = isSelected
    }

    /// Text like any other.
    package static let plain = Style(.plain)
}
