# Raises what its argument names; the trace goes to stderr.
require 'json'

module Shop
  class Refused < StandardError; end

  class Gateway
    def parse(text)
      JSON.parse(text)
    end

    def charge(order)
      parse(order)
    rescue JSON::ParserError
      raise Refused, "order refused\nby the bank"
    end

    def self.create
      yield new
    end
  end
end

def recorded
  yield
rescue StandardError => e
  $stderr.print e.full_message(highlight: false, order: :top) # what OpenTelemetry records
end

case ARGV[0]
when 'cause' then Shop::Gateway.new.charge('{')
when 'recorded' then recorded { Shop::Gateway.create { |g| g.charge('{') } }
when 'nil' then nil.charge(1)
when 'zero' then [1, 0].each { |n| 1 / n }
when 'backtrace'
  begin
    Integer('x')
  rescue ArgumentError => e
    $stderr.puts e.backtrace.join("\n")
  end
when 'missing' then require 'no_such_gem'
when 'deep'
  def deep(n) = n.zero? ? raise('too deep') : deep(n - 1)
  deep(40)
end
