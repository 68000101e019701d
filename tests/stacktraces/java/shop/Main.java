package shop;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;

/** Throws what its argument names; the trace goes to stderr. */
public class Main {
    static class Refused extends RuntimeException {
        Refused(String message, Throwable cause) {
            super(message, cause);
        }
    }

    static class Line implements AutoCloseable {
        private final String name;

        Line(String name) {
            this.name = name;
        }

        @Override
        public void close() {
            throw new IllegalStateException("cannot close " + name, new java.io.IOException("gone"));
        }
    }

    static int parse(String text) {
        return Integer.parseInt(text);
    }

    static int charge(String order) {
        try {
            return parse(order);
        } catch (NumberFormatException e) {
            throw new Refused("order refused\nby the bank: " + order, e);
        }
    }

    static void suppressed() throws Exception {
        try (Line a = new Line("a"); Line b = new Line("b")) {
            charge("x");
        }
    }

    static void lambda() {
        List.of("1", "y").forEach(order -> charge(order));
    }

    static void circular() {
        RuntimeException a = new RuntimeException("a");
        RuntimeException b = new RuntimeException("b", a);
        a.initCause(b);
        throw b;
    }

    static void pool() throws Exception {
        var threads = Executors.newSingleThreadExecutor();
        try {
            threads.submit((Callable<Integer>) () -> charge("z")).get();
        } catch (ExecutionException e) {
            throw new Exception(e);
        } finally {
            threads.shutdown();
        }
    }

    static void reflected() throws Exception {
        Main.class.getDeclaredMethod("charge", String.class).invoke(null, "r");
    }

    static void deep(int n) {
        if (n == 0) {
            throw new StackOverflowError();
        }
        deep(n - 1);
    }

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "cause": charge("q"); break;
            case "suppressed": suppressed(); break;
            case "lambda": lambda(); break;
            case "circular": circular(); break;
            case "pool": pool(); break;
            case "reflected": reflected(); break;
            case "deep": deep(400); break;
        }
    }
}
