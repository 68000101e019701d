export default class Cart {
    get total() {
        return this.lines.reduce((sum, line) => sum + line.price, 0);
    }
}
try {
    new Cart().total;
} catch (error) {
    console.error(error.stack);
}
