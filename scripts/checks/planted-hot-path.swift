// Compiled by selftest.sh, read by check-hot-path.sh: each function does one thing that the hot loop must
// not do, but for the two that are clean.
import Glibc

protocol Shape {
    func area(_ offset: Int) -> Int
}

struct Square: Shape {
    let side: Int
    func area(_ offset: Int) -> Int { side &* side &+ offset }
}

struct Strip: Shape {
    let width: Int
    func area(_ offset: Int) -> Int { 3 &* width &- offset }
}

final class Box {
    var value = 0
    var other: Box?
}

@inline(never) func retains(_ box: Box) -> Box? {
    box.value &+= 1
    return box.other
}

@inline(never) func allocates(_ value: Int) -> Box {
    let box = Box()
    box.value = value
    return box
}

@inline(never) func helper(_ value: Int) -> Int { allocates(value).value &* 3 }

@inline(never) func reachesAnAllocation(_ value: Int) -> Int { value &+ helper(value) }

@inline(never) func throughAnExistential(_ shape: any Shape, _ offset: Int) -> Int { shape.area(offset) }

@inline(never) func divides(_ dividend: Int, _ divisor: Int) -> Int { dividend / divisor }

@inline(never) func callsTheKernel() -> Int { Int(getpid()) }

@inline(never) func switches(_ what: Int, _ value: Int) -> Int {
    switch what {
    case 0: value &* 7
    case 1: value &+ 12
    case 2: value ^ 99
    case 3: value &- 4
    case 4: value | 5
    case 5: value &<< 2
    case 6: value &* value
    default: 1
    }
}

@inline(never) func isClean(_ values: UnsafePointer<Int>, _ count: Int) -> Int {
    var sum = 0
    for index in 0..<count { sum &+= values[index] }
    return sum &+ switches(count, sum)
}

let count = CommandLine.arguments.count
let box = allocates(count)
box.other = allocates(2)
print(retains(box)?.value ?? 0, divides(100, count), reachesAnAllocation(count), callsTheKernel())
print(throughAnExistential(count > 3 ? Square(side: count) : Strip(width: count), 2))
let values = [1, 2, count]
print(values.withUnsafeBufferPointer { isClean($0.baseAddress!, 3) })
