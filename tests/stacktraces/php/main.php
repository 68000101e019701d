<?php
// Throws what its argument names; the trace goes to stderr.
namespace Shop;

class Refused extends \RuntimeException
{
}

interface Bank
{
}

class Gateway implements Bank
{
    public function charge(string $order, array $options = []): int
    {
        try {
            return $this->parse($order);
        } catch (\JsonException $error) {
            throw new Refused("order refused\nby the bank", 17, $error);
        }
    }

    private function parse(string $order): int
    {
        return json_decode($order, false, 8, JSON_THROW_ON_ERROR)->price;
    }

    public static function create(): callable
    {
        return fn ($order) => (new self())->charge($order, ['a' => 1]);
    }

    public function __call($name, $arguments)
    {
        throw new \BadMethodCallException("no $name(in the gateway)");
    }
}

function each_order(callable $f): void
{
    array_map($f, ['{']);
}

ini_set('display_errors', 'stderr');
switch ($argv[1]) {
    case 'previous':
        (new Gateway())->charge('{');
        break;
    case 'closure':
        each_order(Gateway::create());
        break;
    case 'string':
        try {
            each_order(Gateway::create());
        } catch (\Exception $e) {
            fwrite(STDERR, (string) $e);
        }
        break;
    case 'trace_only':
        try {
            each_order(Gateway::create());
        } catch (\Exception $e) {
            fwrite(STDERR, $e->getTraceAsString());
        }
        break;
    case 'type':
        strlen();
        break;
    case 'magic':
        (new Gateway())->refund();
        break;
    case 'eval':
        eval('throw new \LogicException("from a text");');
        break;
}
