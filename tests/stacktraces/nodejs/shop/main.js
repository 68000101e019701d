// Throws what its argument names; the stack goes to stderr as the runtime or the case prints it.
const bank = require('bank');
const fs = require('fs');
const vm = require('vm');

class Refused extends Error {
    constructor(message, options) {
        super(message, options);
        this.name = 'Refused';
    }
}

class Gateway {
    charge(order) {
        return bank.pay(order);
    }

    async chargeLater(order) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return this.charge(order);
    }

    static create() {
        return new Gateway();
    }
}

const cases = {
    method: () => Gateway.create().charge({items: [{}]}),
    async later() {
        await Promise.all([new Gateway().chargeLater({items: [{}]})]);
    },
    cause() {
        try {
            new Gateway().charge({});
        } catch (error) {
            throw new Refused('order refused\nby the bank', {cause: error});
        }
    },
    code: () => fs.readFileSync(17n),
    missing: () => fs.readFileSync('/no/such/file'),
    aggregate: () => {
        throw new AggregateError([new Refused('a'), new TypeError('b')], 'several');
    },
    evaluated: () => eval('(() => { null.x })()'),
    script: () => vm.runInThisContext('undefinedName + 1', 'rules.js'),
    json: () => JSON.parse('{"a":'),
};

const uncaught = ['cause', 'aggregate', 'code'];
const name = process.argv[2];

async function main() {
    try {
        await cases[name]();
    } catch (error) {
        if (uncaught.includes(name)) throw error;
        console.error(error.stack); // what OpenTelemetry records
    }
}
if (uncaught.includes(name)) cases[name]();
else main();
